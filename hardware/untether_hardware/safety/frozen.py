"""Frozen sensor: a body state that repeats to the bit, or a pose that ignores the velocity."""

from math import sqrt

from untether_hardware.safety.events import Finding, Guard
from untether_hardware.state import BodyState


class FrozenGuard:
    """Watches for states that repeat.

    A real sensor's noise never repeats. A motion capture that has lost its markers often keeps
    sending the last pose, while velocities from other sensors go on: so a pose that stands still
    although the velocity says otherwise counts as frozen, too.

    Args:
        count: identical states in a row, after the first, that trip.
        distance: distance covered by the velocity, pose unchanged, that trips [m].
    """

    def __init__(self, count: int, distance: float) -> None:
        self._count = count
        self._distance = distance
        self._last: BodyState | None = None
        self._covered = 0.0
        self.repeats = 0
        """States in a row that equal their predecessor to the bit."""

    def check(self, state: BodyState, period: float) -> Finding | None:
        """Compare a state with its predecessor; the stamps are not compared.

        Args:
            state: the state.
            period: time since its predecessor [s].
        """
        last = self._last
        self._last = state
        if last is None or state.position != last.position:
            self.repeats = 0
            self._covered = 0.0
            return None
        x, y, z = state.linear_velocity
        self._covered += sqrt(x * x + y * y + z * z) * period
        if (
            state.linear_velocity == last.linear_velocity
            and state.orientation == last.orientation
            and state.angular_velocity == last.angular_velocity
        ):
            self.repeats += 1
        else:
            self.repeats = 0
        return self._judge()

    def _judge(self) -> Finding | None:
        if self.repeats >= self._count:
            return Finding(
                Guard.SENSOR_FROZEN,
                "",
                float(self.repeats),
                float(self._count),
                f"expected a state that changes, got the same {self.repeats + 1} times to the "
                "bit; check the odometry's source",
            )
        if self._covered > self._distance:
            return Finding(
                Guard.SENSOR_FROZEN,
                "position",
                self._covered,
                self._distance,
                "expected a position that follows the velocity, got one that stands while the "
                f"robot moved {self._covered:.3f} m; check the odometry's source",
            )
        return None
