"""The loop's own time: it never runs back, and hardly counts while the loop stood still."""

import math


class LoopClock:
    """Turns the times that callers pass in into a time that watchdogs can rely on.

    The node's clock may jump (a simulation that restarts, a corrected system clock), and the loop
    may stand still while others worked properly. Neither may look like somebody else's silence.

    Args:
        largest_step: time that one gap between two calls counts at most [s].
        tolerance: how far times may run backwards without being a jump [s].
    """

    def __init__(self, largest_step: float, tolerance: float = 0.02) -> None:
        self._largest_step = largest_step
        self._tolerance = tolerance
        self._latest = math.nan
        self.time = 0.0
        """Monotonic time since the first call [s]."""

    @property
    def latest(self) -> float:
        """Latest time on the node's clock [s]; zero before the first call."""
        return 0.0 if self._latest != self._latest else self._latest

    def advance(self, now: float) -> float:
        """Take a time in and return the gap since the latest one.

        Args:
            now: time on the node's clock [s]; ignored when not finite.

        Returns:
            The gap [s]; zero when time stood still or ran back within the tolerance, negative when
            the clock jumped back.
        """
        gap = now - self._latest
        if 0.0 <= gap < self._largest_step:
            self._latest = now
            self.time += gap
            return gap
        if not math.isfinite(now):
            return 0.0
        if gap >= self._largest_step:
            self._latest = now
            self.time += self._largest_step
            return gap
        if gap != gap or gap < -self._tolerance:  # the first call, or a jump back
            self._latest = now
            return 0.0 if gap != gap else gap
        return 0.0
