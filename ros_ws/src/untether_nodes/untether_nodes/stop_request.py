"""Ctrl-C that waits for a good moment, and is never lost."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self


class StopRequest:
    """Notes SIGINT and SIGTERM while it is entered, so that a loop can end in order.

    Left alone, Python raises KeyboardInterrupt wherever it is: in the middle of a message, or in a
    destructor, which swallows it.

    Attributes:
        requested: Whether a signal came.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise KeyboardInterrupt when a signal came since the last check."""
        if self.requested:
            self.requested = False
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
