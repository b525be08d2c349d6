"""The last stage before the arm: whose twists pass, and how far."""

import time
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from untether_interfaces.msg import ArmCommand, ArmSetpoint
from untether_interfaces.msg import ArmState as ArmStateMessage

from untether_hardware.franka.description import FR3
from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.franka.safety.stage import ArmSafetyStage, SafeSetpoint
from untether_hardware.manipulation.registry import TASKS, make_task
from untether_hardware.safety.modes import Source
from untether_nodes import qos
from untether_nodes.arm.conversions import to_arm_state, to_tool_twist, write_setpoint
from untether_nodes.conversions import to_seconds, write_seconds
from untether_nodes.managed_node import NodeConfig, realtime_priority
from untether_nodes.measurements import InputMonitor
from untether_nodes.parameters import parameter, read_parameters
from untether_nodes.process import run_node
from untether_nodes.stage_node import StageNode

_STATE_PERIOD = 0.01  # [s]
_COUNT_PERIOD = 0.1  # [s] between two counts of the publishers on the command topic
_LOCKSTEP_SILENCE = 0.05  # [s] of wall time, after which simulated time is watched without states


@dataclass(frozen=True)
class ArmSafetyNodeConfig(NodeConfig):
    """Parameters of the arm's safety node, besides those of the safety stage itself."""

    realtime_priority: int = realtime_priority(60)
    task: str = parameter("pick", "whose workspace holds", choices=tuple(TASKS))


class ArmSafetyNode(StageNode[ArmSafetyNodeConfig, ArmSafetyStage]):
    """The only publisher on ``command``: turns twists into setpoints, or holds the arm.

    A thin shell: every decision is the ``ArmSafetyStage``'s. It is not safety-certified.
    """

    sends: ClassVar[str] = "setpoints"
    tick_period = 0.5 * _STATE_PERIOD
    _input_rate = 1.0 / _STATE_PERIOD

    def __init__(self) -> None:
        super().__init__("arm_safety_node", ArmSafetyNodeConfig, ArmSafetyConfig)
        self._message = ArmSetpoint()

    def set_up(self) -> None:
        """Check the parameters, and connect."""
        self._safety = read_parameters(self, ArmSafetyConfig)
        self._workspace = make_task(self.config.task).config.workspace
        self._make_stage()
        simulated = not self.is_realtime()
        # Simulated time stands still while pictures are being answered; only silence is watched.
        self._quiet_time = _LOCKSTEP_SILENCE if simulated else 1.5 * _STATE_PERIOD
        periods = {"state": _STATE_PERIOD, "policy": self._safety.period}
        self._monitors = {name: InputMonitor(name, period) for name, period in periods.items()}
        self._publish = self.add_publisher(ArmSetpoint, "command", qos.COMMAND)
        self._topic = self._publish.topic_name
        profile = self.control_profile()
        self.add_subscription(ArmStateMessage, "state", self._on_state, profile)
        for topic, source in (("policy", Source.POLICY), ("operator", Source.OPERATOR)):
            callback = partial(self._on_command, source)
            self.add_subscription(ArmCommand, f"{topic}/command", callback, profile)
        self.connect_stage()

    def start(self) -> None:
        """Begin in mode IDLE."""
        self._make_stage()
        self._message.sequence = 0
        self._watched_at = self._counted_at = time.monotonic()
        self.begin()

    def tick(self) -> None:
        """Run the watchdogs, unless a state has just done so; count the publishers."""
        if not self.active:
            return
        wall = time.monotonic()
        if wall - self._counted_at >= _COUNT_PERIOD:
            self._counted_at = wall
            self._stage.observe_publishers(self.now(), self.count_publishers(self._topic))
        if wall - self._watched_at >= self._quiet_time:
            self._watch(self.now())

    def _make_stage(self) -> None:
        self._stage = ArmSafetyStage(self._safety, FR3, self._workspace)

    def _on_state(self, message: ArmStateMessage) -> None:
        if not self.active:
            return
        now = self.now()
        state = to_arm_state(message, FR3)
        if state is not None:
            self._stage.observe_state(now, state)
            self._monitors["state"].arrive(now, state.stamp)
        else:
            self.get_logger().error(
                f"state ignored: expected {len(FR3.joints)} finite joints named "
                f"{', '.join(FR3.joint_names)} and a pose, got {list(message.names)}. "
                "Fix: check the arm's driver.",
                throttle_duration_sec=2.0,
            )
        self._watch(now)

    def _on_command(self, source: Source, message: ArmCommand) -> None:
        """Pass a commander's twist on, if it is its turn and nothing is wrong with it."""
        if not self.active:
            return
        received = time.perf_counter()
        now, stamp = self.now(), to_seconds(message.header.stamp)
        setpoint = self._stage.command(now, source, stamp, to_tool_twist(message))
        if setpoint is not None:
            self._send(setpoint)
            self._passing.add(time.perf_counter() - received)
        self._book()
        if source is Source.POLICY:
            self._monitors["policy"].arrive(now, stamp)

    def _watch(self, now: float) -> None:
        self._watched_at = time.monotonic()
        setpoint = self._stage.tick(now)
        if setpoint is not None:
            self._send(setpoint)
        self._book()

    def _send(self, setpoint: SafeSetpoint) -> None:
        message = self._message
        write_setpoint(setpoint.pose, setpoint.twist, message)
        write_seconds(setpoint.stamp, message.header.stamp)
        message.source = int(setpoint.source)
        self._publish.publish(message)
        message.sequence += 1
        self._sent[setpoint.source.name] += 1

    def _settle(self) -> None:
        self._watch(self.now())


def main() -> int:
    """Run the node."""
    return run_node(ArmSafetyNode)
