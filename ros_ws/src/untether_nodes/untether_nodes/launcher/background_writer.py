"""Writing to a stream that may block or fail, in a thread of its own."""

import os
import select
import threading
from collections import deque
from collections.abc import Callable, Sequence
from io import RawIOBase

_MOST = 1 << 23
"""What may wait for the reader [bytes]; lines that come when it is full are dropped."""
_PART = 1 << 12
"""What is written at once [bytes], so that a slow reader is told from one that has stopped."""
_PATIENCE = 2.0
"""At the end, how long a reader may take for one part [s]."""


class BackgroundWriter:
    """Takes lines at any time, and writes them as fast as they are read.

    Whoever has lines never waits and never sees an error: a launch must end in order even when its
    terminal is stopped, closed or full. Lines that find no room, or that the stream refuses, are
    dropped, and a note in their place tells how many.

    Args:
        stream: Where to; unbuffered, and of any kind.
        note: Returns the line that tells how many were dropped.

    Attributes:
        hangup: A descriptor that can be read once the stream's reader has gone.
    """

    def __init__(self, stream: RawIOBase, note: Callable[[int], str]) -> None:
        self.hangup = os.eventfd(0)
        self._stream = stream
        self._note = note
        self._waiting: deque[bytes] = deque()
        self._size = 0  # [bytes] of what waits, and of what is being written
        self._dropped = 0  # lines without room since the last text that had
        self._is_ending = False
        self._written = 0  # [bytes]
        self._is_line_open = False  # as the stream failed within a line
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="output", daemon=True)
        self._thread.start()

    def write(self, lines: Sequence[str]) -> None:
        """Write lines, as soon as may be.

        Args:
            lines: Without their ends; together they stay whole.
        """
        text = _encode(lines)
        with self._changed:
            if self._size + len(text) > _MOST:
                self._dropped += len(lines)
                return
            self._tell_dropped()
            self._add(text)

    def close(self) -> None:
        """Write what waits, unless the reader has stopped reading."""
        with self._changed:
            self._tell_dropped()
            self._is_ending = True
            self._changed.notify()
        before = -1
        while self._thread.is_alive() and self._written > before:
            before = self._written
            self._thread.join(_PATIENCE)
        if not self._thread.is_alive():
            os.close(self.hangup)

    def _tell_dropped(self) -> None:
        if self._dropped:
            self._add(_encode([self._note(self._dropped)]))
            self._dropped = 0

    def _add(self, text: bytes) -> None:
        self._waiting.append(text)
        self._size += len(text)
        self._changed.notify()

    def _run(self) -> None:
        refused = 0  # lines
        while (text := self._next()) is not None:
            if refused and not self._send(_encode([self._note(refused)])):
                refused = 0
            refused += self._send(text)
            with self._changed:
                self._size -= len(text)

    def _next(self) -> bytes | None:
        """Wait for a text and return it, or None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_ending)
            return self._waiting.popleft() if self._waiting else None

    def _send(self, text: bytes) -> int:
        """Write a text; return how many of its lines the stream refused."""
        rest = memoryview(b"\n" + text if self._is_line_open else text)
        try:
            while rest:  # a stream takes only a part when a signal comes meanwhile, or it is full
                taken = self._stream.write(rest[:_PART])
                if taken is None:  # it does not block, and is full
                    select.select([], [self._stream], [])
                    continue
                self._is_line_open = rest[taken - 1] != ord("\n")
                rest = rest[taken:]
                self._written += taken
        except BrokenPipeError:
            os.eventfd_write(self.hangup, 1)
        except OSError:
            pass  # the disk is full, the terminal has gone: the lines are counted, and others tried
        return bytes(rest[-len(text) :]).count(b"\n")


def _encode(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", errors="replace")
