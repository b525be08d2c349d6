"""A console that a flight can write to, whatever becomes of the terminal."""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast

from rich.console import Console


def open_flight_console() -> Console:
    """Return a console on standard output that drops what cannot be written.

    The terminal may be closed, the reader gone or the disk full while a robot is in the air: it is
    flown on and landed. Text is printed as it is, without markup.
    """
    output = None if sys.stdout is None else cast(TextIO, _Output(sys.stdout))
    return Console(file=output, highlight=False, markup=False, emoji=False)


def write_figures(path: Path, figures: object, command: str, console: Console) -> bool:
    """Write figures as JSON; return whether that succeeded, and else print them.

    Args:
        path: File to write.
        figures: Of a flight; what JSON can hold.
        command: Who writes, for the message.
        console: Where to print.
    """
    from untether_policies.folder import write_atomically

    text = json.dumps(figures, indent=2, allow_nan=False)
    try:
        write_atomically(path, f"{text}\n".encode())
    except OSError as error:
        console.print(f"{command}: cannot write {path}: {error}; the figures:", style="red")
        console.print(text, soft_wrap=True)
        return False
    return True


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
