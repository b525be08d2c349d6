"""Persistence: a guard trips when m of the last n samples were bad."""


class Persistence:
    """Counts bad samples among the last few.

    Args:
        count: bad samples that are too many.
        window: samples among which they are counted.
    """

    def __init__(self, count: int, window: int) -> None:
        self._count = count
        self._mask = (1 << max(count, window)) - 1
        self._bits = 0

    def add(self, bad: bool) -> bool:
        """Take the next sample in; return whether too many of the last ones were bad."""
        self._bits = ((self._bits << 1) | bad) & self._mask
        return self._bits != 0 and self._bits.bit_count() >= self._count

    def clear(self) -> None:
        """Forget all samples."""
        self._bits = 0
