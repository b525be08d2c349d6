"""Freshness of a stream of stamped messages: new, not too old, and how long it has been silent."""

import math
from enum import Enum, auto


class Arrival(Enum):
    """What a message's stamp says about it."""

    FRESH = auto()
    REPEATED = auto()
    OLD = auto()
    FUTURE = auto()


class Freshness:
    """Judges the stamps of one stream and measures its silence; ages are measured on receipt.

    Only fresh messages end a silence: a commander that repeats its last answer, or answers samples
    of long ago, is as silent as a dead one.

    Args:
        max_age: age on receipt from which on a message is old [s].
        future_tolerance: how far a stamp may lie ahead of the clock [s]; a simulated clock may
            reach a node after the sample of the same tick.
    """

    def __init__(self, max_age: float, future_tolerance: float = 0.05) -> None:
        self._max_age = max_age
        self._future_tolerance = future_tolerance
        self._latest_time = -math.inf
        self.stamp = -math.inf
        """Stamp of the last fresh message [s, node clock]; minus infinity before the first."""

    def offer(self, time: float, now: float, stamp: float) -> Arrival:
        """Judge a message.

        Args:
            time: monotonic time of receipt [s].
            now: time of receipt [s, node clock].
            stamp: the message's stamp [s, node clock].
        """
        if not stamp - now <= self._future_tolerance:  # NaN lands here, too
            return Arrival.FUTURE
        if stamp <= self.stamp:
            return Arrival.REPEATED
        if now - stamp > self._max_age:
            return Arrival.OLD
        self.stamp = stamp
        self._latest_time = time
        return Arrival.FRESH

    def silence(self, time: float) -> float:
        """Return the time since the last fresh message [s]; infinite before the first."""
        return time - self._latest_time

    def restart(self, time: float) -> None:
        """Count silence from this time on, as if a message had just come."""
        self._latest_time = time

    def forget_stamps(self) -> None:
        """Accept any stamp next: the node's clock has jumped."""
        self.stamp = -math.inf

    def forget(self) -> None:
        """Go back to before the first message."""
        self.stamp = -math.inf
        self._latest_time = -math.inf
