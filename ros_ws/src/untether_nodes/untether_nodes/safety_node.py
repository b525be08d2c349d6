"""The last stage before the robot: whose commands pass, whether they are safe, and landing."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu
from std_srvs.srv import Trigger
from untether_interfaces.msg import Command, Mode, PolicyStatus, SafetyEvent
from untether_interfaces.srv import Arm, Intervene, Land, ResetFault, SelectPolicy

from untether_hardware.safety import Guard, SafetyConfig, SafetyStage, Source, Verdict
from untether_hardware.safety import Mode as StageMode
from untether_hardware.state import ActuatorCommand
from untether_nodes import qos
from untether_nodes.contract_cache import ContractCache
from untether_nodes.conversions import (
    copy_stamp,
    to_actuator_command,
    to_body_state,
    to_imu_sample,
    to_safety_event,
    write_command,
    write_seconds,
)
from untether_nodes.diagnostics import Level, describe_inputs, make_status
from untether_nodes.managed_node import ManagedNode, NodeConfig, realtime_priority
from untether_nodes.measurements import InputMonitor, Measurements
from untether_nodes.parameters import parameter, read_parameters
from untether_nodes.process import run_node
from untether_nodes.robots import ROBOTS
from untether_policies.contract import Contract
from untether_policies.errors import ContractError

_TICKS_PER_PERIOD = 2
_COUNT_PERIOD = 0.04  # [s] between two counts of the publishers on the command topic
_LOCKSTEP_SILENCE = 0.05  # [s] of wall time, after which simulated time is watched without samples
_FRESH = 0.05  # [s] within which the fallback's commands answer the last odometry
_LANDING_TIME = 4.5  # [s] that a flying robot gets to land when the process is asked to end
_ON_GROUND = (StageMode.IDLE, StageMode.STANDBY)  # modes in which a robot may stand and wait

ResponseT = TypeVar("ResponseT")


@dataclass(frozen=True)
class SafetyNodeConfig(NodeConfig):
    """Parameters of the safety node, besides those of the safety stage itself."""

    realtime_priority: int = realtime_priority(60)
    robot: str = parameter("crazyflie", "robot to protect", choices=tuple(ROBOTS))


class SafetyNode(ManagedNode[SafetyNodeConfig]):
    """The only publisher on ``command``: passes a commander's command on, or commands itself.

    A thin shell: every decision is the ``SafetyStage``'s. It is not safety-certified.
    """

    def __init__(self) -> None:
        super().__init__("safety_node", SafetyNodeConfig, SafetyConfig)
        self._message = Command()
        self._stamp = Time()  # of the last odometry
        self._contracts = ContractCache()
        self._landing_until: float | None = None

    def set_up(self) -> None:
        """Check the parameters, and connect."""
        self._safety = read_parameters(self, SafetyConfig)
        self._description = ROBOTS[self.config.robot]
        self._stage = SafetyStage(self._safety, self._description)
        self.tick_period = self._safety.period / _TICKS_PER_PERIOD
        simulated = self.get_parameter("use_sim_time").value
        period = self._safety.period
        # Simulated time stands still while a sample is being answered; only silence has to be seen.
        self._quiet_time = _LOCKSTEP_SILENCE if simulated else 0.9 * self.tick_period
        self._longest_gap = _LOCKSTEP_SILENCE if simulated else 1.5 * period
        self._monitors = {name: InputMonitor(name, period) for name in ("odom", "imu", "policy")}
        self._publish = self.add_publisher(Command, "command", qos.COMMAND)
        self._publish_mode = self.add_publisher(Mode, "mode", qos.LATCHED)
        self._publish_event = self.add_publisher(SafetyEvent, "safety_events", qos.EVENTS)
        self._topic = self._publish.topic_name
        profile = self.control_profile()
        self.add_subscription(Odometry, "odom", self._on_odometry, profile)
        self.add_subscription(Imu, "imu/data", self._on_imu, profile)
        for topic, source in (("policy", Source.POLICY), ("operator", Source.OPERATOR)):
            callback = partial(self._on_command, int(source))
            self.add_subscription(Command, f"{topic}/command", callback, profile)
        self.add_subscription(PolicyStatus, "policy_status", self._on_policy_status, qos.LATCHED)
        self._serve_requests()

    def start(self) -> None:
        """Begin in mode IDLE."""
        self._stage = SafetyStage(self._safety, self._description)
        self._message.sequence = 0
        self._odometry_at = 0.0
        self._watched_at = self._sampled_at = self._counted_at = time.monotonic()
        self._passing = Measurements()
        self._sent: Counter[str] = Counter()
        self._events: Counter[str] = Counter()
        self._told: tuple[StageMode, Guard, str] | None = None
        self._book()

    def stop(self) -> None:
        """Stop to command; refused in flight.

        Raises:
            ValueError: When the robot flies.
        """
        if self._stage.airborne:
            raise ValueError(
                "expected a robot on the ground, got one in flight. Fix: land it, then deactivate."
            )

    def may_stop(self) -> bool:
        """Return whether the process may end: a flying robot is landed first."""
        if not self.active or not self._stage.airborne:
            return True
        if self._landing_until is None:
            self._landing_until = time.monotonic() + _LANDING_TIME
            self._stage.land(self.now())
            self.get_logger().warning("asked to end while the robot flies: landing it first")
        return time.monotonic() >= self._landing_until

    def tick(self) -> None:
        """Run the watchdogs, unless samples have just done so; count the publishers."""
        if not self.active:
            return
        wall = time.monotonic()
        if wall - self._counted_at >= _COUNT_PERIOD:
            self._counted_at = wall
            self._stage.observe_publishers(self.now(), self.count_publishers(self._topic))
        # A sample that has just come is followed by others, the last of which is answered.
        quiet = wall - self._sampled_at >= self._quiet_time
        if quiet or wall - self._watched_at >= self._longest_gap:
            self._watch(self.now())

    def report(self) -> list[DiagnosticStatus]:
        """Report inputs, mode, what was sent and what the guards did."""
        if not self.active:
            return []
        stage = self._stage
        median, worst = self._passing.quantiles(0.5, 0.99)
        values: dict[str, float | int | str] = {
            "mode": stage.mode.name,
            "reason": stage.reason,
            "airborne": str(stage.airborne),
            "command passed on in p50 [s]": median,
            "command passed on in p99 [s]": worst,
            **{f"commands sent: {name}": count for name, count in self._sent.items()},
            **{f"events: {name}": count for name, count in self._events.items()},
        }
        fault = stage.mode is StageMode.FAULT
        level, message = (Level.ERROR, stage.reason) if fault else (Level.OK, stage.mode.name)
        inputs = describe_inputs(
            self._monitors, time.monotonic(), rate=self._safety.rate, active=self.active
        )
        return [inputs, make_status("safety", level, message, values)]

    def _on_odometry(self, message: Odometry) -> None:
        if not self.active:
            return
        now = self.now()
        state = to_body_state(message)
        self._stamp = message.header.stamp
        self._odometry_at = now
        self._stage.observe_state(now, state)
        self._watch(now)
        self._monitors["odom"].arrive(now, state.stamp)

    def _on_imu(self, message: Imu) -> None:
        if not self.active:
            return
        now = self.now()
        sample = to_imu_sample(message)
        self._stage.observe_imu(now, sample)
        self._sampled_at = time.monotonic()
        self._monitors["imu"].arrive(now, sample.stamp)

    def _on_command(self, source: int, message: Command) -> None:
        """Pass a commander's command on, if it is its turn and nothing is wrong with it."""
        if not self.active:
            return
        received = time.perf_counter()
        now = self.now()
        command = to_actuator_command(message, source)
        safe = self._stage.command(now, command)
        if safe is not None:
            passed = safe.source == source and safe.stamp == command.stamp
            self._send(safe, now, message.header.stamp if passed else None)
            self._passing.add(time.perf_counter() - received)
        self._book()
        if source == Source.POLICY:
            self._monitors["policy"].arrive(now, command.stamp)

    def _watch(self, now: float) -> None:
        self._watched_at = self._sampled_at = time.monotonic()
        command = self._stage.tick(now)
        if command is not None:
            self._send(command, now, None)
        self._book()

    def _send(self, command: ActuatorCommand, now: float, stamp: Time | None) -> None:
        """Publish a command.

        Args:
            command: What the stage gave.
            now: The time [s, node clock].
            stamp: Of the message that was passed on; None for the stage's own commands.
        """
        message = self._message
        write_command(command, message)
        if stamp is not None:
            copy_stamp(stamp, message.header.stamp)
        elif now - self._odometry_at < _FRESH:
            copy_stamp(self._stamp, message.header.stamp)
        else:
            write_seconds(command.stamp, message.header.stamp)
        self._publish.publish(message)
        message.sequence += 1
        self._sent[Source(command.source).name] += 1

    def _book(self) -> None:
        """Tell a change of mode, and what the guards did."""
        stage = self._stage
        state = (stage.mode, stage.fault, stage.reason)
        if state != self._told:
            self._told = state
            self._tell_mode()
        for event in stage.take_events():
            self._events[event.guard.name] += 1
            self._publish_event.publish(to_safety_event(event))
            # On two lines: a logger refuses to change its severity at one.
            if event.fault:
                self.get_logger().error(f"{event.guard.name}: {event.text}")
            else:
                self.get_logger().warning(f"{event.guard.name}: {event.text}")

    def _tell_mode(self) -> None:
        mode, fault, reason = self._stage.mode, self._stage.fault, self._stage.reason
        message = Mode(mode=int(mode), fault=int(fault), reason=reason)
        message.header.stamp = self.get_clock().now().to_msg()
        self._publish_mode.publish(message)
        self.get_logger().info(f"mode {mode.name}: {reason}")

    def _on_policy_status(self, message: PolicyStatus) -> None:
        """Read the contract while there is time, so that it is known to ``select_policy``."""
        if self.active and message.contract:
            try:
                self._read_contract(message.contract)
            except ContractError as error:
                self.get_logger().warning(f"policy_status: {error}")

    def _read_contract(self, text: str) -> Contract:
        stage = self._stage
        in_flight = stage.airborne or stage.mode not in _ON_GROUND
        return self._contracts.read(text, in_flight=in_flight)

    def _serve_requests(self) -> None:
        """Serve what people and other nodes may ask for."""
        self.add_service(Arm, "arm", self._on_arm)
        self.add_service(Land, "land", self._on_land)
        self.add_service(Intervene, "intervene", self._on_intervene)
        self.add_service(ResetFault, "reset_fault", self._on_reset_fault)
        self.add_service(SelectPolicy, "select_policy", self._on_select_policy)
        self.add_service(Trigger, "emergency_stop", self._on_emergency_stop)

    def _on_arm(self, request: Arm.Request, response: Arm.Response) -> Arm.Response:
        ask = self._stage.arm if request.arm else self._stage.disarm
        return self._answer(ask, response)

    def _on_land(self, request: Land.Request, response: Land.Response) -> Land.Response:
        return self._answer(self._stage.land, response)

    def _on_intervene(
        self, request: Intervene.Request, response: Intervene.Response
    ) -> Intervene.Response:
        return self._answer(lambda now: self._stage.intervene(now, request.take_over), response)

    def _on_reset_fault(
        self, request: ResetFault.Request, response: ResetFault.Response
    ) -> ResetFault.Response:
        return self._answer(self._stage.reset_fault, response)

    def _on_select_policy(
        self, request: SelectPolicy.Request, response: SelectPolicy.Response
    ) -> SelectPolicy.Response:
        try:
            contract = self._read_contract(request.contract) if request.active else None
        except ContractError as error:
            response.error_code = SelectPolicy.Response.CONTRACT_REFUSED
            response.message = str(error)
            return response
        return self._answer(lambda now: self._stage.select_policy(now, contract), response)

    def _on_emergency_stop(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        if not self.active:
            response.message = "safety_node is not active"
            return response
        verdict = self._stage.emergency_stop(self.now())
        self._watch(self.now())
        response.success, response.message = verdict.granted, verdict.message
        return response

    def _answer(self, ask: Callable[[float], Verdict], response: Any) -> Any:  # noqa: ANN401
        """Ask the stage, and fill in a response; all have a code, WRONG_MODE too, and a message."""
        if not self.active:
            response.error_code = response.WRONG_MODE
            response.message = "safety_node is not active. Fix: activate it"
            return response
        verdict = ask(self.now())
        response.error_code, response.message = int(verdict.error_code), verdict.message
        self._book()
        return response


def main() -> int:
    """Run the node."""
    return run_node(SafetyNode)
