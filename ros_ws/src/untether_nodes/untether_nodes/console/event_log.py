"""What happened, for all who watch: filled by the ROS thread, read by the pages."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

_SIZE = 300  # entries remembered
_REPEAT_TIME = 2.0  # [s] in which the same is not told twice


class Severity(Enum):
    """How much an entry matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class LogEntry:
    """One line.

    Attributes:
        number: Counts entries from 1.
        clock: When it happened, as local time of day.
        severity: How much it matters.
        text: For people.
    """

    number: int
    clock: str
    severity: Severity
    text: str


class EventLog:
    """The last entries; safe to use from several threads.

    What repeats within 2 s is left out and counted, so that a drone whose commands are clamped at
    every tick does not hide all else.

    Args:
        clock: Steady time [s].
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: deque[LogEntry] = deque(maxlen=_SIZE)
        self._number = 0
        self._repeats: dict[str, tuple[float, int]] = {}

    def add(self, severity: Severity, text: str, *, key: str = "") -> None:
        """Add an entry.

        Args:
            severity: How much it matters.
            text: For people.
            key: What it has in common with its repetitions, of which there must be few; what has
                none is never left out.
        """
        with self._lock:
            if key:
                now = self._clock()
                since, left_out = self._repeats.get(key, (-_REPEAT_TIME, 0))
                if now - since < _REPEAT_TIME:
                    self._repeats[key] = (since, left_out + 1)
                    return
                self._repeats[key] = (now, 0)
                if left_out:
                    text = f"{text} ({left_out} more like it before)"
            self._number += 1
            self._entries.append(LogEntry(self._number, time.strftime("%H:%M:%S"), severity, text))

    def read_since(self, number: int) -> list[LogEntry]:
        """Return the entries after one of a number, oldest first."""
        with self._lock:
            return [entry for entry in self._entries if entry.number > number]
