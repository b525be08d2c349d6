"""Collects the samples of a flight while it is flown."""

import math
from collections.abc import Sequence

import numpy as np

from untether_hardware.crazyflie.flight import Flight
from untether_hardware.setpoint import Setpoint
from untether_hardware.state import BodyState


class FlightRecorder:
    """Collects samples, one a control period, and makes a ``Flight`` of them."""

    def __init__(
        self,
        name: str,
        *,
        waypoints: Sequence[Sequence[float]] = (),
        radius: float = 0.15,
        dwell: float = 0.5,
    ) -> None:
        """Create a recorder without samples.

        Args:
            name: What flies, for titles.
            waypoints: Waypoints of the tour, (waypoints, 3) [m] map.
            radius: Distance within which a waypoint counts as reached [m].
            dwell: How long the robot has to stay within it [s].
        """
        self._name = name
        self._waypoints = np.asarray(waypoints, dtype=float).reshape(-1, 3)
        self._radius = radius
        self._dwell = dwell
        self._rows: list[tuple[float, ...]] = []

    def append(
        self,
        truth: BodyState,
        setpoint: Setpoint | None,
        thrust: Sequence[float],
        *,
        mode: int,
        goal_index: int = -1,
    ) -> None:
        """Add a sample.

        Args:
            truth: The true state.
            setpoint: The goal at that time, or None.
            thrust: Rotor thrusts commanded at that time, (4,) [N].
            mode: Value of ``untether_interfaces/msg/Mode``.
            goal_index: Index of the waypoint that is the goal, or -1.
        """
        goal = (math.nan,) * 3 if setpoint is None else setpoint.position
        self._rows.append(
            (
                truth.stamp,
                *truth.position,
                *truth.orientation,
                *truth.linear_velocity,
                *truth.angular_velocity,
                *goal,
                *thrust,
                goal_index,
                mode,
            )
        )

    def finish(self) -> Flight:
        """Return the flight of all samples so far.

        Raises:
            FlightError: When there is no sample, or their times do not rise.
        """
        table = np.asarray(self._rows, dtype=float).reshape(-1, 23)
        return Flight(
            name=self._name,
            time=table[:, 0],
            position=table[:, 1:4],
            orientation=table[:, 4:8],
            linear_velocity=table[:, 8:11],
            angular_velocity=table[:, 11:14],
            goal=table[:, 14:17],
            thrust=table[:, 17:21],
            goal_index=table[:, 21].astype(np.int64),
            mode=table[:, 22].astype(np.int64),
            waypoints=self._waypoints,
            radius=self._radius,
            dwell=self._dwell,
        )
