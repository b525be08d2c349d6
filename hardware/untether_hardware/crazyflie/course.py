"""Where a flight is to go: a tour of waypoints, or a moving goal."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from untether_hardware.setpoint import Setpoint, Vector3
from untether_hardware.state import BodyState


class Course(Protocol):
    """What a pilot follows."""

    @property
    def goal_index(self) -> int:
        """Index of the waypoint that is the goal, or -1 when the goal is none of them."""
        ...

    def advance(self, state: BodyState) -> Setpoint | None:
        """Return the goal for a state, or None when the course is over."""
        ...


class Tour:
    """Waypoints, one after the other: the next one comes when the robot has stayed at this one.

    Attributes:
        waypoints: (waypoints, 3) [m] map.
        radius: Distance within which a waypoint counts as reached [m].
        dwell: How long the robot has to stay within it [s].
        goal_index: Index of the waypoint that is the goal.
        reached: Whether each waypoint that had its turn was reached.
    """

    def __init__(
        self,
        waypoints: Sequence[Vector3],
        *,
        radius: float = 0.15,
        dwell: float = 0.5,
        time_limit: float = 6.0,
    ) -> None:
        """Create a tour.

        Args:
            waypoints: (waypoints, 3) [m] map.
            radius: Distance within which a waypoint counts as reached [m].
            dwell: How long the robot has to stay within it [s].
            time_limit: Time for one waypoint, after which it is given up [s].
        """
        self.waypoints = tuple(waypoints)
        self.radius = radius
        self.dwell = dwell
        self.goal_index = 0
        self.reached: list[bool] = []
        self._time_limit = time_limit
        self._start: float | None = None  # [s] when this waypoint became the goal
        self._arrival: float | None = None  # [s] when the robot came within the radius

    def advance(self, state: BodyState) -> Setpoint | None:
        """Return the waypoint for a state, or None after the last one.

        Args:
            state: Where the robot is; its stamps must not fall.
        """
        if self.goal_index >= len(self.waypoints):
            return None
        now = state.stamp
        if self._start is None:
            self._start = now
        if math.dist(state.position, self.waypoints[self.goal_index]) > self.radius:
            self._arrival = None
        elif self._arrival is None:
            self._arrival = now
        reached = self._arrival is not None and now - self._arrival >= self.dwell - 1e-9
        if reached or now - self._start >= self._time_limit:
            self.reached.append(reached)
            self.goal_index += 1
            self._start, self._arrival = now, None
            if self.goal_index == len(self.waypoints):
                return None
        return Setpoint(self.waypoints[self.goal_index])


class Track:
    """A goal that moves by itself.

    Attributes:
        goal_index: -1, as a track has no waypoints.
    """

    def __init__(self, setpoint: Callable[[float], Setpoint], duration: float) -> None:
        """Create a track.

        Args:
            setpoint: The goal at a time since the start [s].
            duration: How long to follow it [s].
        """
        self.goal_index = -1
        self._setpoint = setpoint
        self._duration = duration
        self._start: float | None = None

    def advance(self, state: BodyState) -> Setpoint | None:
        """Return the goal at a state's time, or None after the end.

        Args:
            state: Its stamp is the time.
        """
        if self._start is None:
            self._start = state.stamp
        elapsed = state.stamp - self._start
        return self._setpoint(elapsed) if elapsed < self._duration else None
