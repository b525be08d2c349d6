"""The run of the closed-loop benchmark: flights and relay blocks in turn, in one process."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import rclpy
from rclpy.action.client import ActionClient
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from untether_interfaces.action import RunPolicy
from untether_interfaces.msg import Mode
from untether_interfaces.srv import Arm, Land

from untether_nodes import qos
from untether_nodes.benchmarks.probe import Probe
from untether_nodes.loop import LoopGroup

RELAY_TOPICS = ("relay/odom", "relay/policy_command", "relay/command")
"""Where the samples go in, between the two relays, and where they come out."""

_NAMESPACE = "cf1"
_WARM_UP = 2.0  # [s] of each block, not measured
_READY_TIMEOUT = 60.0  # [s]
_ANSWER_TIMEOUT = 10.0  # [s]
_LANDING_TIMEOUT = 20.0  # [s]


class BenchmarkError(Exception):
    """The graph does not fly; says what was expected and got."""


@dataclass(frozen=True)
class Latencies:
    """What a probe has measured.

    Attributes:
        samples: From sample to answer [s].
        unanswered: Samples that had no answer before the next one.
    """

    samples: tuple[float, ...]
    unanswered: int

    def quantile(self, fraction: float) -> float:
        """Return a quantile [s] of the samples, ``fraction`` from 0 to 1."""
        return float(np.quantile(self.samples, fraction))


def measure(
    blocks: int, seconds: float, *, seed: int, show: Callable[[float], None]
) -> tuple[Latencies, Latencies]:
    """Fly and relay in turn, and time both.

    Args:
        blocks: How many of each.
        seconds: Measured in each [s].
        seed: Of the sensor noise.
        show: Told the share that is done.

    Returns:
        The run-time graph's latencies, and the relay's.

    Raises:
        BenchmarkError: When the robot cannot be armed or flown.
        TimeoutError: When a node does not answer.
    """
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    robot_node = Node("bench_robot", namespace=_NAMESPACE, start_parameter_services=False)
    relay_node = Node("bench_relay", start_parameter_services=False)
    robot = Probe(robot_node, odom="odom", imu="imu/data", command="command", seed=seed)
    relay = Probe(relay_node, odom=RELAY_TOPICS[0], imu=None, command=RELAY_TOPICS[2], seed=seed)
    try:
        pilot = _Pilot(robot_node, robot)
        for block in range(blocks):
            _relay(relay, seconds)
            show((block + 0.5) / blocks)
            pilot.fly(seconds)
            show((block + 1.0) / blocks)
        return _collect(robot), _collect(relay)
    finally:
        robot.close()
        relay.close()
        rclpy.try_shutdown()


def _collect(probe: Probe) -> Latencies:
    return Latencies(tuple(probe.latencies), probe.unanswered)


def _relay(probe: Probe, seconds: float) -> None:
    """Time the relay for one block."""
    probe.publishing = True
    _wait_for(probe, lambda: probe.listeners >= 1, "a relay")
    probe.pump(_WARM_UP)
    probe.measuring = True
    probe.pump(seconds)
    probe.measuring = probe.publishing = False


def _wait_for(probe: Probe, condition: Callable[[], bool], what: str) -> None:
    for _ in range(int(_READY_TIMEOUT / 0.05)):
        if condition():
            return
        probe.pump(0.05)
    raise BenchmarkError(f"expected {what} within {_READY_TIMEOUT:g} s, got none")


class _Pilot:
    """Arms the probe's robot, lets the policy hover it, and lands it.

    Args:
        node: The robot's node.
        probe: The robot.
    """

    def __init__(self, node: Node, probe: Probe) -> None:
        self._probe = probe
        self._mode = Mode.IDLE
        self._arm = node.create_client(Arm, "arm")
        self._land = node.create_client(Land, "land")
        self._action = ActionClient(node, RunPolicy, "run_policy")
        node.create_subscription(
            Mode, "mode", self._on_mode, qos.LATCHED, callback_group=LoopGroup()
        )

    def fly(self, seconds: float) -> None:
        """Take off, hover while the loop is timed, land.

        Args:
            seconds: Measured [s].
        """
        probe = self._probe
        probe.publishing = True
        _wait_for(probe, self._is_ready, "safety_node and policy_node")
        probe.pump(1.0)
        answer = probe.wait(self._arm.call_async(Arm.Request(arm=True)), _ANSWER_TIMEOUT)
        if answer.error_code != Arm.Response.OK:
            raise BenchmarkError(f"expected the robot to be armed, got: {answer.message}")
        goal = RunPolicy.Goal(task=RunPolicy.Goal.HOVER, max_duration=seconds + 60.0)
        goal.goal.z = 1.0
        handle = probe.wait(self._action.send_goal_async(goal), _ANSWER_TIMEOUT)
        if not handle.accepted:
            raise BenchmarkError("expected policy_node to take the goal, got a refusal")
        probe.pump(_WARM_UP)
        probe.measuring = True
        probe.pump(seconds)
        probe.measuring = False
        if self._mode != Mode.POLICY:
            raise BenchmarkError(f"expected mode {Mode.POLICY} throughout, got {self._mode}")
        probe.wait(self._land.call_async(Land.Request()), _ANSWER_TIMEOUT)
        for _ in range(int(_LANDING_TIMEOUT / 0.05)):
            if self._mode == Mode.IDLE:
                break
            probe.pump(0.05)
        else:
            raise BenchmarkError(f"expected the robot to land, got mode {self._mode}")
        probe.publishing = False

    def _is_ready(self) -> bool:
        return (
            self._arm.service_is_ready()
            and self._land.service_is_ready()
            and self._action.server_is_ready()
            and self._probe.listeners >= 2
        )

    def _on_mode(self, message: Mode) -> None:
        self._mode = message.mode
