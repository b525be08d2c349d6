"""Watches a robot's topics and makes a flight of them, for plots and videos."""

from geometry_msgs.msg import PointStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from untether_interfaces.msg import Command, Mode

from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription
from untether_hardware.crazyflie.flight import Flight
from untether_hardware.crazyflie.flight_recorder import FlightRecorder
from untether_hardware.setpoint import Setpoint
from untether_hardware.state import BodyState, Vector
from untether_nodes import qos
from untether_nodes.conversions import to_body_state, to_seconds, to_vector
from untether_nodes.loop import LoopGroup

_GOAL_AGE = 0.5  # [s] after which a goal that is no longer told is none; a busy reader is late


class FlightLog:
    """Collects one sample per message of the robot's true state.

    Attributes:
        goal_index: Index of the waypoint that is being flown to, or -1; the owner sets it.
        state: The last state, None before the first.
    """

    def __init__(self, node: Node, group: LoopGroup, *, has_truth: bool) -> None:
        """Subscribe.

        Args:
            node: Who subscribes, in the robot's namespace.
            group: The callback group of its loop.
            has_truth: Whether the robot tells its true state, as a simulated one does; else its
                odometry is taken for it.
        """
        self.goal_index = -1
        self.state: BodyState | None = None
        self._description: QuadrotorDescription = CRAZYFLIE
        self._samples: list[tuple[BodyState, Setpoint | None, tuple[float, ...], int, int]] = []
        self._goal: Setpoint | None = None
        self._goal_stamp = 0.0
        self._thrust = (0.0,) * len(self._description.rotor_names)
        self._mode = int(Mode.IDLE)
        topic = "ground_truth/odom" if has_truth else "odom"
        node.create_subscription(Odometry, topic, self._on_truth, qos.LOG, callback_group=group)
        node.create_subscription(PointStamped, "goal", self._on_goal, qos.LOG, callback_group=group)
        node.create_subscription(
            Command, "command", self._on_command, qos.LOG, callback_group=group
        )
        node.create_subscription(Mode, "mode", self._on_mode, qos.LATCHED, callback_group=group)

    def make_flight(
        self, name: str, waypoints: list[Vector], radius: float, dwell: float
    ) -> Flight:
        """Return the flight so far.

        Args:
            name: What flew, for titles.
            waypoints: Of the tour, (3,) [m] map each.
            radius: Distance within which a waypoint counts as reached [m].
            dwell: How long the robot had to stay there [s].

        Raises:
            FlightError: When nothing has been seen.
        """
        recorder = FlightRecorder(name, waypoints=waypoints, radius=radius, dwell=dwell)
        for truth, setpoint, thrust, mode, goal_index in self._samples:
            recorder.append(truth, setpoint, thrust, mode=mode, goal_index=goal_index)
        return recorder.finish()

    def _on_truth(self, message: Odometry) -> None:
        state = to_body_state(message)
        if self.state is not None and state.stamp <= self.state.stamp:
            return
        self.state = state
        flying = self._mode == Mode.POLICY and abs(state.stamp - self._goal_stamp) < _GOAL_AGE
        goal, index = (self._goal, self.goal_index) if flying else (None, -1)
        self._samples.append((state, goal, self._thrust, self._mode, index))

    def _on_goal(self, message: PointStamped) -> None:
        self._goal = Setpoint(to_vector(message.point))
        self._goal_stamp = to_seconds(message.header.stamp)

    def _on_command(self, message: Command) -> None:
        by_name = dict(zip(message.names, message.values, strict=False))
        names = self._description.rotor_names
        self._thrust = tuple(by_name.get(name, 0.0) for name in names)

    def _on_mode(self, message: Mode) -> None:
        self._mode = int(message.mode)
