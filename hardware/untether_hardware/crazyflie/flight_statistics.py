"""Figures of a flight: waypoints reached, errors, speeds and the landing."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription
from untether_hardware.crazyflie.flight import Flight, Floats

_CLEAR = 0.05  # [m] above its height at rest, a robot has left the floor
_TOUCH = 0.005  # [m] above its height at rest, a robot has come back to it


@dataclass(frozen=True)
class WaypointResult:
    """How one waypoint went.

    Attributes:
        index: Of the waypoint.
        position: (3,) [m] map.
        reached: Whether the robot stayed within the radius for the dwell time.
        duration: From when it became the goal to when it was reached, or given up [s].
        error: Mean distance while dwelling [m]; the smallest distance when it was not reached.
    """

    index: int
    position: tuple[float, float, float]
    reached: bool
    duration: float
    error: float


@dataclass(frozen=True)
class FlightStatistics:
    """Figures of a flight.

    Attributes:
        duration: [s].
        waypoints: How each waypoint went, in the order of the tour.
        tracking_error: Root mean square of the distance to the goal [m]; NaN without a goal.
        mean_speed: While off the floor [m/s].
        max_speed: [m/s].
        max_tilt: Largest angle of the body's z axis from the vertical [rad].
        impact_speed: Downward speed at the last touch of the floor [m/s]; NaN without one.
    """

    duration: float
    waypoints: tuple[WaypointResult, ...]
    tracking_error: float
    mean_speed: float
    max_speed: float
    max_tilt: float
    impact_speed: float

    @property
    def reached(self) -> int:
        """Number of waypoints reached."""
        return sum(result.reached for result in self.waypoints)


def summarize_flight(
    flight: Flight, description: QuadrotorDescription = CRAZYFLIE
) -> FlightStatistics:
    """Return the figures of a flight.

    Args:
        flight: The flight.
        description: The robot, for its height at rest.
    """
    speed = flight.speed
    error = flight.error[np.isfinite(flight.error)]
    airborne = flight.position[:, 2] > description.rest_height + _CLEAR
    return FlightStatistics(
        duration=flight.duration,
        waypoints=tuple(_judge_waypoint(flight, i) for i in range(len(flight.waypoints))),
        tracking_error=float(np.sqrt(np.mean(error**2))) if len(error) else math.nan,
        mean_speed=float(speed[airborne].mean()) if airborne.any() else 0.0,
        max_speed=float(speed.max()),
        max_tilt=float(flight.tilt.max()),
        impact_speed=_find_impact_speed(flight, description.rest_height),
    )


def _judge_waypoint(flight: Flight, index: int) -> WaypointResult:
    x, y, z = flight.waypoints[index].tolist()
    selected = np.flatnonzero(flight.goal_index == index)
    # The sample at which the next goal comes is the one that completes the dwell time.
    selected = np.union1d(selected, selected[-1:] + 1)
    selected = selected[selected < len(flight.time)]
    time = flight.time[selected]
    error = np.linalg.norm(flight.position[selected] - flight.waypoints[index], axis=1)
    start, end = _find_dwell(time, error <= flight.radius, flight.dwell)
    reached = end > start
    if reached:
        duration, figure = time[end] - time[0], error[start : end + 1].mean()
    else:
        duration = time[-1] - time[0] if len(time) else 0.0
        figure = error.min() if len(error) else math.nan
    return WaypointResult(index, (x, y, z), reached, float(duration), float(figure))


def _find_dwell(time: Floats, inside: NDArray[np.bool_], dwell: float) -> tuple[int, int]:
    """Return the first stretch inside that lasts long enough, or (0, 0)."""
    start = None
    for i, now in enumerate(time.tolist()):
        if not inside[i]:
            start = None
        elif start is None:
            start = i
        # Sums of control periods are not exact: half a millisecond is far below any of them.
        if start is not None and i > start and now - time[start] >= dwell - 5e-4:
            return start, i
    return 0, 0


def _find_impact_speed(flight: Flight, rest_height: float) -> float:
    """Return the downward speed just before the last touch after the robot was clear."""
    height = flight.position[:, 2] - rest_height
    clear = np.flatnonzero(height > _CLEAR)
    if len(clear) == 0:
        return math.nan
    touches = np.flatnonzero(height[clear[-1] :] < _TOUCH)
    if len(touches) == 0:
        return math.nan
    touch = clear[-1] + touches[0]
    # The sample of the touch may be from after the bounce: the one before it counts as well.
    return float(max(0.0, -flight.linear_velocity[touch - 1 : touch + 1, 2].min()))
