"""A console that a flight can write to, whatever becomes of the terminal."""

import sys
from contextlib import suppress
from typing import TextIO, cast

from rich.console import Console


def open_flight_console() -> Console:
    """Return a console on standard output that drops what cannot be written.

    The terminal may be closed, the reader gone or the disk full while a robot is in the air: it is
    flown on and landed. Text is printed as it is, without markup.
    """
    output = None if sys.stdout is None else cast(TextIO, _Output(sys.stdout))
    return Console(file=output, highlight=False, markup=False, emoji=False)


class _Output:
    """A text stream that does not tell its errors."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()
