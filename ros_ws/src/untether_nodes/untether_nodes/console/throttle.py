"""Slows down who guesses: each failed attempt of an address doubles its wait."""

from collections import OrderedDict
from collections.abc import Callable

_FIRST_WAIT = 0.5  # [s]
_LONGEST_WAIT = 16.0  # [s]
_FORGET = 600.0  # [s] without an attempt
_MOST = 1024  # addresses remembered


class Throttle:
    """Counts failed attempts by address.

    Args:
        clock: Steady time [s].
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_time(self, address: str) -> float:
        """Return how long until an address may try again [s]; 0 when it may now."""
        count, last = self._failures.get(address, (0, 0.0))
        now = self._clock()
        if not count or now - last > _FORGET:
            return 0.0
        wait = min(_FIRST_WAIT * 2.0 ** (count - 1), _LONGEST_WAIT)
        return max(0.0, last + wait - now)

    def fail(self, address: str) -> None:
        """Take note of a failed attempt."""
        count, last = self._failures.pop(address, (0, 0.0))
        now = self._clock()
        if now - last > _FORGET:
            count = 0
        self._failures[address] = (min(count + 1, 16), now)
        if len(self._failures) > _MOST:
            self._failures.popitem(last=False)

    def succeed(self, address: str) -> None:
        """Forget the failures of an address."""
        self._failures.pop(address, None)
