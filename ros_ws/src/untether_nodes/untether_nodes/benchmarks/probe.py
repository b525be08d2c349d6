"""Probe of the closed-loop benchmark: a simulated robot that times the answers it gets."""

import time
from typing import Any

from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import Imu
from untether_interfaces.msg import Command

from untether_hardware.crazyflie.simulator import SimulatedCrazyflie
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_nodes import qos
from untether_nodes.conversions import write_imu, write_odometry
from untether_nodes.loop import LoopGroup, NodeLoop

_OFF = (0.0, 0.0, 0.0, 0.0)  # [N]
_COMMAND_AGE = 0.1  # [s] without a command, after which the rotors stop


class Probe:
    """Publishes a robot's samples at 100 Hz and measures how long each answer takes.

    The loop, the robot and both ends of the measurement are the same whatever answers, be it the
    run-time graph or the bare relay: only the topics differ.

    Args:
        node: Its node.
        odom: Topic for the odometry.
        imu: Topic for the inertial samples; None for none.
        command: Topic of the answers.
        seed: Of the sensor noise.

    Attributes:
        publishing: Whether samples go out.
        measuring: Whether answers are timed.
        latencies: From a sample's publication to its answer's arrival [s].
        unanswered: Samples without an answer while measuring.
    """

    tick_period = 0.01
    gathers = False

    def __init__(self, node: Node, *, odom: str, imu: str | None, command: str, seed: int) -> None:
        self.publishing = False
        self.measuring = False
        self.latencies: list[float] = []
        self.unanswered = 0
        self._node = node
        self._robot = SimulatedCrazyflie(SimulatedCrazyflieConfig(), seed)
        self._names = list(self._robot.description.rotor_names)
        self._thrust: tuple[float, ...] = _OFF
        self._commanded_at = 0.0
        self._sent_at: float | None = None
        self._epoch = node.get_clock().now().nanoseconds * 1e-9
        self._odom, self._imu = Odometry(), Imu()
        self._odom.header.frame_id, self._odom.child_frame_id = "map", "base_link"
        self._publish_odom = node.create_publisher(Odometry, odom, qos.STATE)
        self._publish_imu = node.create_publisher(Imu, imu, qos.STATE) if imu else None
        group = LoopGroup()
        node.create_subscription(
            Command, command, self._on_command, qos.COMMAND, callback_group=group
        )
        self.loop = NodeLoop(node, self)

    @property
    def listeners(self) -> int:
        """Number of subscriptions to the odometry."""
        return self._publish_odom.get_subscription_count()

    def close(self) -> None:
        """Disconnect."""
        self.loop.close()
        self._node.destroy_node()

    def tick(self) -> None:
        """Advance the robot by one control period and publish its samples."""
        if not self.publishing:
            return
        now = time.perf_counter()
        self._robot.step(self._thrust if now - self._commanded_at < _COMMAND_AGE else _OFF)
        if self._publish_imu is not None:
            write_imu(self._robot.read_imu(), self._imu)
            self._imu.header.stamp = self._stamp()
            self._publish_imu.publish(self._imu)
        write_odometry(self._robot.read_state(), self._odom)
        self._odom.header.stamp = self._stamp()
        if self._sent_at is not None and self.measuring:
            self.unanswered += 1
        self._sent_at = time.perf_counter()
        self._publish_odom.publish(self._odom)

    def rest(self) -> None:
        """Do nothing when it is quiet."""

    def pump(self, duration: float) -> None:
        """Run for some time [s]."""
        end = time.monotonic() + duration
        while time.monotonic() < end:
            self.loop.run_once()

    def wait(self, future: "Future[Any]", timeout: float) -> Any:  # noqa: ANN401 - the response
        """Run until a service or action has answered.

        Args:
            future: Of the answer.
            timeout: [s].

        Raises:
            TimeoutError: When it has not in time.
        """
        end = time.monotonic() + timeout
        while not future.done():
            if time.monotonic() >= end:
                raise TimeoutError(f"expected an answer within {timeout:g} s, got none")
            self.loop.run_once()
        return future.result()

    def _stamp(self) -> Any:  # noqa: ANN401 - builtin_interfaces.msg.Time
        """Return the time of the node's clock."""
        return self._node.get_clock().now().to_msg()

    def _on_command(self, message: Command) -> None:
        received = time.perf_counter()
        if message.header.stamp == self._odom.header.stamp and self._sent_at is not None:
            if self.measuring:
                self.latencies.append(received - self._sent_at)
            self._sent_at = None
        if list(message.names) == self._names:
            self._thrust = tuple(message.values)
            self._commanded_at = received
