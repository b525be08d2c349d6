"""Ctrl-C that waits for a good moment, and is never lost."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

from untether_nodes.launcher.signals import end_requests


class StopRequest:
    """Notes SIGINT, SIGTERM and SIGHUP while it is entered, so that a loop can end in order.

    Left alone, Python raises KeyboardInterrupt wherever it is: in the middle of a message, or in a
    destructor, which swallows it. SIGHUP, the end of the terminal, is left alone under ``nohup``.

    Attributes:
        requested: Whether a signal came.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        """Create a request that has not come yet.

        Args:
            at_once: Whether a signal raises KeyboardInterrupt where it comes, for work without a
                loop that could check.
        """
        self.requested = False
        self._at_once = at_once
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in end_requests():
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
        if self._at_once:
            self.check()
