"""The one place that writes to the terminal and the logs, whole lines at a time."""

import os
import sys
import time
from collections.abc import Sequence
from io import FileIO, RawIOBase
from pathlib import Path

from untether_nodes.launcher.background_writer import BackgroundWriter
from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.process_plan import Output

_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
_LAUNCHER = "launch"
_BOLD = "1"


class Screen:
    """Writes tagged lines, and never waits or fails for what happens to the terminal or the disk.

    Args:
        stream: Where to; unbuffered.
        colour: Whether tags are coloured; the colour depends on the place in the launch file only.
        log_directory: A folder for ``launch.log`` and the processes' own logs, made when missing.

    Raises:
        LaunchError: The folder cannot be written to.
    """

    def __init__(self, stream: RawIOBase, *, colour: bool, log_directory: Path | None) -> None:
        self._colour = colour
        self._directory = log_directory
        self._logs: dict[str, FileIO] = {}
        self._failing: set[str] = set()
        if log_directory is not None:
            try:
                self._open_log(_LAUNCHER)
            except OSError as error:
                raise LaunchError(
                    "cannot write logs",
                    expected="a folder that may be written to",
                    got=str(error),
                    fix="choose another --log-dir",
                ) from error
        self._writer = BackgroundWriter(stream, self._note_dropped)

    @property
    def hangup(self) -> int:
        """A descriptor that can be read once nobody reads the output any more."""
        return self._writer.hangup

    def say(self, text: str) -> None:
        """Write a line of the launcher itself."""
        lines = text.splitlines() or [""]
        self._show(self._tag(_LAUNCHER, _BOLD), lines)
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
        """Write what is left, as far as somebody reads it, and close the logs."""
        self._writer.close()
        for log in self._logs.values():
            log.close()

    def _tag(self, name: str, code: str) -> str:
        return f"\x1b[{code}m[{name}]\x1b[0m " if self._colour else f"[{name}] "

    def _note_dropped(self, lines: int) -> str:
        return f"{self._tag(_LAUNCHER, _BOLD)}... {lines} lines dropped"

    def _show(self, tag: str, lines: Sequence[str]) -> None:
        if lines:
            self._writer.write([f"{tag}{line}" for line in lines])

    def _log(self, name: str, lines: Sequence[str]) -> None:
        """Write to a log; tell once when that begins to fail, and try again with the next lines."""
        text = "".join(f"{time.time():.6f} {line}\n" for line in lines)
        try:
            log = self._logs.get(name) or self._open_log(name)
            log.write(text.encode("utf-8", errors="replace"))
        except OSError as error:
            if name not in self._failing:
                self._failing.add(name)
                warning = f"WARNING: cannot write the log of {name}: {error}"
                self._show(self._tag(_LAUNCHER, _BOLD), [warning])
        else:
            self._failing.discard(name)

    def _open_log(self, name: str) -> FileIO:
        folder = self._directory or Path()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name.replace('/', '_')}.log"
        log = self._logs[name] = path.open("ab", buffering=0)
        return log


def terminal_screen(log_directory: Path | None) -> Screen:
    """Return a screen on standard output, coloured when that is a terminal that wants it.

    Raises:
        LaunchError: The folder cannot be written to.
    """
    if sys.stdout is None:  # closed by whoever started this, so that nobody is to see the output
        stream = FileIO(os.devnull, "w")
    else:
        stream = FileIO(sys.stdout.fileno(), "w", closefd=False)
    wanted = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    colour = stream.isatty() and wanted
    return Screen(stream, colour=colour, log_directory=log_directory)
