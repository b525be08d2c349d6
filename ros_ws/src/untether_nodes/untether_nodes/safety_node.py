"""The last stage before the robot: whose commands pass, whether they are safe, and landing."""

import time
from dataclasses import dataclass
from functools import partial

from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu
from untether_interfaces.msg import Command
from untether_interfaces.srv import Land

from untether_hardware.safety import SafetyConfig, SafetyStage, Source
from untether_hardware.state import ActuatorCommand
from untether_nodes import qos
from untether_nodes.conversions import (
    copy_stamp,
    to_actuator_command,
    to_body_state,
    to_imu_sample,
    write_command,
    write_seconds,
)
from untether_nodes.managed_node import NodeConfig, realtime_priority
from untether_nodes.measurements import InputMonitor
from untether_nodes.parameters import parameter, read_parameters
from untether_nodes.process import run_node
from untether_nodes.robots import ROBOTS
from untether_nodes.stage_node import StageNode

_TICKS_PER_PERIOD = 2
_COUNT_PERIOD = 0.04  # [s] between two counts of the publishers on the command topic
_LOCKSTEP_SILENCE = 0.05  # [s] of wall time, after which simulated time is watched without samples
_FRESH = 0.05  # [s] within which the fallback's commands answer the last odometry
_LANDING_TIME = 4.5  # [s] that a flying robot gets to land when the process is asked to end


@dataclass(frozen=True)
class SafetyNodeConfig(NodeConfig):
    """Parameters of the safety node, besides those of the safety stage itself."""

    realtime_priority: int = realtime_priority(60)
    robot: str = parameter("crazyflie", "robot to protect", choices=tuple(ROBOTS))


class SafetyNode(StageNode[SafetyNodeConfig, SafetyStage]):
    """The only publisher on ``command``: passes a commander's command on, or commands itself.

    A thin shell: every decision is the ``SafetyStage``'s. It is not safety-certified.
    """

    def __init__(self) -> None:
        super().__init__("safety_node", SafetyNodeConfig, SafetyConfig)
        self._message = Command()
        self._stamp = Time()  # of the last odometry
        self._landing_until: float | None = None

    def set_up(self) -> None:
        """Check the parameters, and connect."""
        self._safety = read_parameters(self, SafetyConfig)
        self._description = ROBOTS[self.config.robot]
        self._stage = SafetyStage(self._safety, self._description)
        self._input_rate = self._safety.rate
        self.tick_period = self._safety.period / _TICKS_PER_PERIOD
        simulated = self.get_parameter("use_sim_time").value
        period = self._safety.period
        # Simulated time stands still while a sample is being answered; only silence has to be seen.
        self._quiet_time = _LOCKSTEP_SILENCE if simulated else 0.9 * self.tick_period
        self._longest_gap = _LOCKSTEP_SILENCE if simulated else 1.5 * period
        self._monitors = {name: InputMonitor(name, period) for name in ("odom", "imu", "policy")}
        self._publish = self.add_publisher(Command, "command", qos.COMMAND)
        self._topic = self._publish.topic_name
        profile = self.control_profile()
        self.add_subscription(Odometry, "odom", self._on_odometry, profile)
        self.add_subscription(Imu, "imu/data", self._on_imu, profile)
        for topic, source in (("policy", Source.POLICY), ("operator", Source.OPERATOR)):
            callback = partial(self._on_command, int(source))
            self.add_subscription(Command, f"{topic}/command", callback, profile)
        self.add_service(Land, "land", self._on_land)
        self.connect_stage()

    def start(self) -> None:
        """Begin in mode IDLE."""
        self._stage = SafetyStage(self._safety, self._description)
        self._message.sequence = 0
        self._odometry_at = 0.0
        self._watched_at = self._sampled_at = self._counted_at = time.monotonic()
        self.begin()

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

    def _describe_motion(self) -> dict[str, str]:
        return {"airborne": str(self._stage.airborne)}

    def _is_at_rest(self) -> bool:
        return super()._is_at_rest() and not self._stage.airborne

    def _on_land(self, request: Land.Request, response: Land.Response) -> Land.Response:
        return self._answer(self._stage.land, response)


def main() -> int:
    """Run the node."""
    return run_node(SafetyNode)
