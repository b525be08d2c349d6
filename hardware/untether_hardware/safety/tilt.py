"""Tilt guard: a robot that is, or is about to be, tilted further than allowed."""

from math import acos, cos, inf, pi

from untether_hardware.safety.events import Finding, Guard
from untether_hardware.safety.persistence import Persistence
from untether_hardware.safety.rotation import up_axis
from untether_hardware.state import BodyState


class TiltGuard:
    """Trips when the tilt, or the tilt predicted from the angular velocity, stays beyond a limit.

    Args:
        limit: largest tilt [rad]; pi or more allows any.
        lookahead: time over which the angular velocity predicts the tilt [s].
        count: successive states that trip.
    """

    def __init__(self, limit: float, lookahead: float, count: int) -> None:
        self._limit = limit
        self._cosine = cos(limit) if limit < pi else -inf
        self._lookahead = lookahead
        self._persistence = Persistence(count, count)

    def check(self, state: BodyState) -> Finding | None:
        """Judge a state."""
        x, y, z, w = state.orientation
        cosine = 1.0 - 2.0 * (x * x + y * y)
        # Rate of that cosine: the last row of the rotation matrix times the angular velocity.
        rate = 2.0 * (x * z - w * y) * state.angular_velocity[1] - (
            2.0 * (y * z + w * x) * state.angular_velocity[0]
        )
        # A robot near level that turns fast is only starting to lean, and may well mean to.
        predicted = cosine + rate * self._lookahead
        bad = cosine < self._cosine or (predicted < self._cosine and rate < 0.0)
        if not self._persistence.add(bad):
            return None
        tilt = acos(max(-1.0, min(1.0, up_axis(state.orientation)[2])))
        return Finding(
            Guard.TILT,
            "",
            tilt,
            self._limit,
            f"expected a tilt of at most {self._limit:.2f} rad, also {self._lookahead:.2f} s "
            f"ahead, got {tilt:.2f} rad; check the policy",
        )

    def clear(self) -> None:
        """Forget past states."""
        self._persistence.clear()
