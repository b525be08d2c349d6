"""The last few measurements of a quantity, and what came in on a topic."""

from math import ceil, inf

_PAUSE = 0.5  # [s] without samples that is no loss but a pause of who sends them


class Measurements:
    """Remembers the last measurements; adding one takes a fraction of a microsecond.

    Args:
        size: How many are remembered.
    """

    def __init__(self, size: int = 256) -> None:
        self._values = [0.0] * size
        self._size = size
        self.count = 0
        """Measurements so far."""

    def add(self, value: float) -> None:
        """Remember a measurement."""
        self._values[self.count % self._size] = value
        self.count += 1

    def quantiles(self, *fractions: float) -> tuple[float, ...]:
        """Return quantiles of what is remembered, each a measured value; zeros when there is none.

        Args:
            fractions: Each from 0 (the least) to 1 (the greatest).
        """
        known = sorted(self._values[: min(self.count, self._size)])
        if not known:
            return (0.0,) * len(fractions)
        return tuple(known[max(0, ceil(fraction * len(known)) - 1)] for fraction in fractions)

    def clear(self) -> None:
        """Forget everything."""
        self.count = 0


class InputMonitor:
    """Watches one topic: ages on receipt, samples that are missing, and rate.

    Args:
        name: The topic, as people know it.
        period: Expected time between two stamps [s].
    """

    def __init__(self, name: str, period: float) -> None:
        self.name = name
        self.ages = Measurements()
        self.dropped = 0
        """Samples that are missing between the stamps that came."""
        self._period = period
        self._stamp = inf
        self._reported: tuple[int, float] | None = None

    def arrive(self, now: float, stamp: float) -> None:
        """Take note of a message.

        Args:
            now: Time of receipt [s, node clock].
            stamp: The message's stamp [s, node clock].
        """
        self.ages.add(now - stamp)
        gap = stamp - self._stamp
        if 1.5 * self._period < gap < _PAUSE:
            self.dropped += round(gap / self._period) - 1
        self._stamp = stamp

    def take_rate(self, now: float) -> float:
        """Return the messages per second since the last call [Hz].

        Args:
            now: Any steady time [s].
        """
        before, self._reported = self._reported, (self.ages.count, now)
        if before is None or now <= before[1]:
            return 0.0
        return (self.ages.count - before[0]) / (now - before[1])
