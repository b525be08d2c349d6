"""Shows the progress of a training run in the terminal, or as lines where there is none."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from untether_training.learning.report import Report

_LINE_INTERVAL = 10.0  # [s] between lines where there is no terminal


class TrainingDisplay:
    """A bar with time left and figures; use it as a context manager.

    Args:
        console: Where to show it.
        title: What is trained.
    """

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[left]} left"),
            TextColumn("{task.fields[figures]}"),
        )
        self._progress = Progress(*columns, console=console, transient=True)
        self._bar = self._progress.add_task(title, total=1.0, left="?", figures="")
        self._next_line = 0.0

    def __enter__(self) -> TrainingDisplay:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._progress.stop()

    def show(self, report: Report, progress: float) -> None:
        """Show a step of the training.

        Args:
            report: What it brought.
            progress: Share of the training that is done, from 0 to 1.
        """
        remaining = report.elapsed * (1.0 - progress) / max(progress, 1e-6)
        left = f"{int(remaining) // 60}:{int(remaining) % 60:02d}"
        if self._console.is_terminal:
            self._progress.update(self._bar, completed=progress, left=left, figures=report.summary)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_INTERVAL
            line = f"{self._title}  {100 * progress:.0f} %  {left} left  {report.summary}"
            self._console.print(line, soft_wrap=True)
