"""One goal of a flight: where to be when, whether it is reached, and how well.

Plain functions of time and position; times are the stamps of the odometry, so the same samples give
the same flight.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import dist, isfinite

from untether_hardware.setpoint import Setpoint
from untether_hardware.state import Vector
from untether_nodes.reference import figure_eight

_SETTLING_TIME = 2.0  # [s] of a hover that do not count for its mean error


class Task(IntEnum):
    """What to do at the goal; the values of ``untether_interfaces/action/RunPolicy``."""

    POSITION = 0
    HOVER = 1
    FIGURE_EIGHT = 2


class GoalCode(IntEnum):
    """How a goal ended; the values of ``untether_interfaces/action/RunPolicy``."""

    NONE = 0
    NO_POLICY = 100
    INVALID_GOAL = 101
    NOT_ARMED = 102
    DEADLINE = 103
    CANCELED = 104
    FAULT = 105
    INTERVENTION = 106
    STATE_LOST = 107
    PREEMPTED = 108
    SAFETY_UNREACHABLE = 109


@dataclass(frozen=True)
class FlightGoal:
    """What is asked of a flight.

    Attributes:
        task: What to do.
        position: Where, (3,) [m] map.
        tolerance: Distance that counts as arrived [m].
        hold_time: Time to stay within the tolerance [s].
        max_duration: Deadline of POSITION, length of the others [s].
        period: Time of a lap of the figure eight [s].
        size: Half the width of the figure eight [m].
        land_after: Whether to land when the goal is reached.
    """

    task: Task
    position: Vector
    tolerance: float
    hold_time: float
    max_duration: float
    period: float
    size: float
    land_after: bool


class GoalProgress:
    """Follows a flight towards its goal.

    Attributes:
        elapsed: Time since the start [s].
        distance: Distance to the goal, which may move [m].
        reached: Whether the goal is reached; the flight goes on at the goal's last setpoint.
        overdue: Whether the deadline passed before the goal was reached.
    """

    def __init__(self, goal: FlightGoal) -> None:
        """Begin; time counts from the first stamp on.

        Args:
            goal: What is asked.
        """
        self.goal = goal
        self.elapsed = 0.0
        self.distance = 0.0
        self.reached = False
        self.overdue = False
        self._start: float | None = None
        self._inside_since: float | None = None
        self._error_sum = 0.0
        self._error_count = 0

    @property
    def mean_error(self) -> float:
        """Mean distance over the part of the flight that counts [m]; zero when there was none."""
        return self._error_sum / self._error_count if self._error_count else 0.0

    def setpoint(self, stamp: float) -> Setpoint:
        """Return where to be, and how fast, at a time.

        Args:
            stamp: The time [s].
        """
        goal = self.goal
        if goal.task is not Task.FIGURE_EIGHT:
            return Setpoint(goal.position)
        elapsed = min(max(self._count(stamp), 0.0), goal.max_duration)
        return figure_eight(goal.position, elapsed, period=goal.period, size=goal.size)

    def update(self, stamp: float, position: Vector) -> None:
        """Take a sample of the odometry in.

        Args:
            stamp: Its stamp [s].
            position: (3,) [m] map.
        """
        goal = self.goal
        self.elapsed = self._count(stamp)
        self.distance = dist(position, self.setpoint(stamp).position)
        if goal.task is Task.POSITION:
            self._update_arrival(stamp)
            return
        settling = goal.period if goal.task is Task.FIGURE_EIGHT else _SETTLING_TIME
        if self.elapsed >= min(settling, 0.5 * goal.max_duration):
            self._add_error()
        self.reached = self.elapsed >= goal.max_duration

    def _count(self, stamp: float) -> float:
        """Return the time since the first stamp [s]."""
        if self._start is None:
            self._start = stamp
        return stamp - self._start

    def _update_arrival(self, stamp: float) -> None:
        if self.distance > self.goal.tolerance:
            self._inside_since = None
            self._error_sum, self._error_count = 0.0, 0
        else:
            if self._inside_since is None:
                self._inside_since = stamp
            self._add_error()
            self.reached = stamp - self._inside_since >= self.goal.hold_time
        self.overdue = not self.reached and self.elapsed > self.goal.max_duration

    def _add_error(self) -> None:
        self._error_sum += self.distance
        self._error_count += 1


def find_fault(goal: FlightGoal, lower: Vector, upper: Vector) -> str:
    """Return what is wrong with a goal, or nothing.

    Args:
        goal: What is asked.
        lower: Least corner of the flight volume, (3,) [m] map.
        upper: Greatest corner of the flight volume, (3,) [m] map.
    """
    if not all(isfinite(value) for value in goal.position):
        return f"goal: expected finite coordinates, got {goal.position}. Fix: send numbers."
    figure = goal.task is Task.FIGURE_EIGHT
    reach = (goal.size, 0.5 * goal.size, 0.0) if figure else (0.0, 0.0, 0.0)
    for axis, value, half, low, high in zip("xyz", goal.position, reach, lower, upper, strict=True):
        if not low <= value - half <= value + half <= high:
            return (
                f"goal {axis}: expected within the flight volume, {low} to {high} m, got "
                f"{value - half} to {value + half} m. Fix: choose another goal, or change "
                "flight_volume_lower and flight_volume_upper."
            )
    for name in ("tolerance", "hold_time", "max_duration", "period", "size"):
        value = getattr(goal, name)
        if not (isfinite(value) and value > 0.0):
            return f"{name}: expected a positive number, got {value}. Fix: 0 takes the default."
    return ""
