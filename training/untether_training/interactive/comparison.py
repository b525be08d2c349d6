"""Draws the learning curves of several runs with corrections beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from untether_training.conf.store import load_config
from untether_training.conf.validation import ConfigError
from untether_training.interactive.config import InteractiveConfig
from untether_training.interactive.curve import smooth
from untether_training.interactive.episode_report import EpisodeReport
from untether_training.learning.history import read_history
from untether_training.learning.run_folder import RunFolder

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = ("#2563c8", "#c82d32", "#22965a", "#b8860b", "#7b3fb5", "#3a9ba8", "#8a93a0", "#d96aa0")
_WINDOW = 40  # episodes of the moving mean


@dataclass(frozen=True)
class NamedRun:
    """A run and how it is called in the picture.

    Attributes:
        name: Runs of one name have one colour.
        task: What was learned.
        reports: Of all its episodes.
    """

    name: str
    task: str
    reports: Sequence[EpisodeReport]

    @classmethod
    def load(cls, name: str, path: Path) -> NamedRun:
        """Read a run's config and history.

        Args:
            name: How it is called.
            path: The run's folder.

        Raises:
            ConfigError: When there is no such run, it is of another kind, or it has no episode.
        """
        folder = RunFolder(path)
        config = load_config(folder.config)
        if not isinstance(config, InteractiveConfig):
            raise ConfigError(
                f"{path}: expected a run of an arm, got {config.task.name}. "
                "Fix: name a run of pick, peg, plug or lid."
            )
        reports = read_history(EpisodeReport, folder.history)
        if not reports:
            raise ConfigError(
                f"{folder.history}: expected at least one episode, got none. "
                "Fix: wait for the run's first episode."
            )
        return cls(name, config.task.name, reports)


def plot_runs(runs: Sequence[NamedRun], path: Path) -> None:
    """Write a picture of success and corrections over actions, one column a task.

    Args:
        runs: At least one.
        path: PNG file to write.
    """
    from matplotlib.figure import Figure

    tasks = list(dict.fromkeys(run.task for run in runs))
    names = list(dict.fromkeys(run.name for run in runs))
    figure = Figure(figsize=(1.0 + 4.6 * len(tasks), 5.6), dpi=140, layout="constrained")
    rows = figure.subplots(2, len(tasks), sharex="col", sharey=True, squeeze=False)
    for column, task in enumerate(tasks):
        success, corrections = rows[0, column], rows[1, column]
        for run in runs:
            if run.task == task:
                color = _COLORS[names.index(run.name) % len(_COLORS)]
                _draw(run, success, corrections, color)
        success.set_title(task)
        corrections.set_xlabel("actions")
    rows[0, 0].set_ylabel("success [%]")
    rows[1, 0].set_ylabel("actions that were corrected [%]")
    lines = {line.get_label(): line for axes in rows[0] for line in axes.get_lines()}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path, format="png")


def _draw(run: NamedRun, success: Axes, corrections: Axes, color: str) -> None:
    steps = np.array([report.steps for report in run.reports])
    length = np.array([report.length for report in run.reports], dtype=float)
    corrected = np.array([report.corrected for report in run.reports], dtype=float)
    succeeded = np.array([report.success for report in run.reports], dtype=float)
    share = smooth(corrected, _WINDOW) / smooth(length, _WINDOW)
    success.plot(steps, 100.0 * smooth(succeeded, _WINDOW), color=color, label=run.name)
    corrections.plot(steps, 100.0 * share, color=color)
    for axes in (success, corrections):
        axes.set_ylim(-2, 102)
        axes.grid(visible=True, color="#e7eaef")
