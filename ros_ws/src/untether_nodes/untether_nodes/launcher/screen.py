"""The one place that writes to the terminal and the logs, whole lines at a time."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.process_plan import Output

_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
_LAUNCHER = "launch"


class Screen:
    """Writes tagged lines.

    Args:
        stream: Where to.
        colour: Whether tags are coloured; the colour depends on the place in the launch file only.
        log_directory: A folder for ``launch.log`` and the processes' own logs, made when missing.
    """

    def __init__(self, stream: BinaryIO, *, colour: bool, log_directory: Path | None) -> None:
        self.is_closed = False
        self._stream = stream
        self._colour = colour
        self._directory = log_directory
        self._logs: dict[str, TextIO] = {}
        if log_directory is not None:
            self._open_log(_LAUNCHER)

    def say(self, text: str) -> None:
        """Write a line of the launcher itself."""
        lines = text.splitlines() or [""]
        self._show(self._tag(_LAUNCHER, "1"), lines)
        if self._directory is not None:
            self._log(_LAUNCHER, [f"[{_LAUNCHER}] {line}" for line in lines])

    def write(
        self, name: str, number: int, lines: Sequence[str], output: Output, *, is_error: bool
    ) -> None:
        """Write lines of a process to where its plan says.

        Args:
            name: The process's tag.
            number: Its place in the launch file, from 0.
            lines: The lines.
            output: Where they go.
            is_error: Whether they are error output.
        """
        if output.stderr if is_error else output.stdout:
            self._show(self._tag(name, str(_COLOURS[number % len(_COLOURS)])), lines)
        if self._directory is None:
            return
        if output.log:
            self._log(_LAUNCHER, [f"[{name}] {line}" for line in lines])
        if output.own_log:
            self._log(name, lines)

    def close(self) -> None:
        """Close the logs."""
        for log in self._logs.values():
            log.close()

    def _tag(self, name: str, code: str) -> str:
        return f"\x1b[{code}m[{name}]\x1b[0m " if self._colour else f"[{name}] "

    def _show(self, tag: str, lines: Sequence[str]) -> None:
        if self.is_closed or not lines:
            return
        text = "".join(f"{tag}{line}\n" for line in lines)
        rest = memoryview(text.encode("utf-8", errors="replace"))
        try:
            while rest:  # an unbuffered stream takes only a part when a signal comes meanwhile
                rest = rest[self._stream.write(rest) :]
            self._stream.flush()
        except BrokenPipeError:  # the reader has gone; Python must not flush again at its exit
            self.is_closed = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def _log(self, name: str, lines: Sequence[str]) -> None:
        log = self._logs.get(name) or self._open_log(name)
        log.writelines(f"{time.time():.6f} {line}\n" for line in lines)
        log.flush()

    def _open_log(self, name: str) -> TextIO:
        folder = self._directory or Path()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{name.replace('/', '_')}.log"
            log = self._logs[name] = path.open("a", encoding="utf-8")
        except OSError as error:
            raise LaunchError(
                "cannot write logs",
                expected="a folder that may be written to",
                got=str(error),
                fix="choose another --log-dir",
            ) from error
        return log


def terminal_screen(log_directory: Path | None) -> Screen:
    """Return a screen on standard output, coloured when that is a terminal that wants it."""
    wanted = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    colour = sys.stdout.isatty() and wanted
    return Screen(sys.stdout.buffer, colour=colour, log_directory=log_directory)
