"""Blend-in: a new commander takes over gradually."""


class Blend:
    """Moves from the last safe command to the new commander's over a configured time.

    Only the collective of the last safe command is kept. A differential that is held while nobody
    closes the loop would spin the robot up.

    Args:
        duration: time that the hand-over takes [s].
    """

    def __init__(self, duration: float) -> None:
        self._duration = duration
        self._start = 0.0
        self._base = 0.0
        self._active = False

    def begin(self, time: float, last: tuple[float, ...]) -> None:
        """Start a hand-over.

        Args:
            time: monotonic time [s].
            last: the last safe command, (4,) [N].
        """
        self._start = time
        self._base = sum(last) / len(last)
        self._active = self._duration > 0.0

    def mix(self, time: float, values: tuple[float, ...]) -> tuple[float, ...]:
        """Return the command to use.

        Args:
            time: monotonic time [s].
            values: the new commander's command, (4,) [N].
        """
        if not self._active:
            return values
        weight = (time - self._start) / self._duration
        if weight >= 1.0:
            self._active = False
            return values
        rest = (1.0 - weight) * self._base
        return tuple(rest + weight * value for value in values)
