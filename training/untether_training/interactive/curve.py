"""Draws the learning curve of a run with corrections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from untether_training.interactive.episode_report import EpisodeReport

_BLUE, _RED, _GREEN = "#2563c8", "#c82d32", "#22965a"
_EPISODES = 20  # of the moving mean


def plot_episodes(reports: Sequence[EpisodeReport], path: Path, title: str, period: float) -> None:
    """Write a picture of success, corrections and the time of an episode over training time.

    Args:
        reports: Of all episodes; at least one.
        path: PNG file to write.
        title: Of the picture.
        period: Time of an action [s].
    """
    from matplotlib.figure import Figure

    elapsed = np.array([report.elapsed for report in reports]) / 60.0
    steps = np.array([report.steps for report in reports], dtype=float)
    length = np.array([report.length for report in reports], dtype=float)
    corrected = np.array([report.corrected for report in reports], dtype=float)
    success = np.array([report.success for report in reports], dtype=float)
    alone = success * (corrected == 0)
    figure = Figure(figsize=(7.5, 3.6), dpi=140, layout="constrained")
    axes = figure.subplots()
    for values, color, label in (
        (100.0 * smooth(success, _EPISODES), _GREEN, "success"),
        (100.0 * smooth(alone, _EPISODES), _BLUE, "success without a correction"),
        (
            100.0 * smooth(corrected, _EPISODES) / smooth(length, _EPISODES),
            _RED,
            "actions that were corrected",
        ),
    ):
        axes.plot(elapsed, values, color=color, label=label)
    axes.set(xlabel="training time [min]", ylabel="share [%]", ylim=(-2, 102), title=title)
    axes.grid(color="#e7eaef")
    right = axes.twinx()
    right.plot(
        elapsed,
        period * smooth(length, _EPISODES),
        color="#8a93a0",
        lw=1.0,
        label="episode's time (right)",
    )
    right.set_ylim(bottom=0.0)
    right.set_ylabel("time [s]")
    if len(reports) > 1:

        def to_steps(values: ArrayLike) -> ArrayLike:
            return np.interp(np.asarray(values, dtype=float), elapsed, steps)

        def to_time(values: ArrayLike) -> ArrayLike:
            return np.interp(np.asarray(values, dtype=float), steps, elapsed)

        axes.secondary_xaxis("top", functions=(to_steps, to_time)).set_xlabel("actions")
    handles = [*axes.get_lines(), *right.get_lines()]
    axes.legend(handles=handles, loc="center right", frameon=False)
    figure.savefig(path)


def smooth(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return the mean of each value and the ones before it.

    Args:
        values: (N,).
        window: Values of a mean, itself included.
    """
    kernel = np.ones(min(window, len(values)))
    total = np.convolve(values, kernel)[: len(values)]
    return total / np.convolve(np.ones(len(values)), kernel)[: len(values)]
