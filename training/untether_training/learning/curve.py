"""Draws the learning curve of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from untether_training.learning.session import IterationReport

_INK, _BLUE, _RED, _GREEN = "#1c2530", "#2563c8", "#c82d32", "#22965a"
_SMOOTHING = 15  # iterations


def plot_curve(reports: Sequence[IterationReport], path: Path, title: str) -> None:
    """Write a picture of success, crashes and reward over control steps and training time.

    Args:
        reports: Of all iterations; at least one.
        path: PNG file to write.
        title: Of the picture.
    """
    from matplotlib.figure import Figure

    steps = np.array([report.steps for report in reports]) / 1e6
    elapsed = np.array([report.elapsed for report in reports])
    legs = np.array([report.legs for report in reports], dtype=float)
    reward = _smooth(np.array([report.reward for report in reports]), np.ones(len(reports)))
    figure = Figure(figsize=(7.5, 3.6), dpi=140, layout="constrained")
    axes = figure.subplots()
    for name, color in (("success_rate", _GREEN), ("crash_rate", _RED)):
        rates = np.array([getattr(report, name) for report in reports])
        label = {"success_rate": "legs flown", "crash_rate": "legs that end in a crash"}[name]
        axes.plot(steps, 100.0 * _smooth(rates, legs), color=color, label=label)
    axes.set(xlabel="control steps [million]", ylabel="share [%]", ylim=(-2, 102), title=title)
    axes.grid(color="#e7eaef")
    right = axes.twinx()
    right.plot(steps, reward, color=_BLUE, linewidth=1.0, label="reward of a second (right)")
    right.set_ylim(max(-2.0, float(reward.min())), max(1.0, 1.1 * float(reward.max())))
    right.set_ylabel("reward [1/s]")
    if len(reports) > 1:

        def to_time(values: ArrayLike) -> ArrayLike:
            return np.interp(np.asarray(values, dtype=float), steps, elapsed)

        def to_steps(values: ArrayLike) -> ArrayLike:
            return np.interp(np.asarray(values, dtype=float), elapsed, steps)

        times = axes.secondary_xaxis("top", functions=(to_time, to_steps))
        times.set_xlabel("training time [s]")
    else:
        axes.set_xlim(0.0, 2.0 * steps[0])
    handles = [*axes.get_lines(), *right.get_lines()]
    axes.legend(handles=handles, loc="center right", frameon=False)
    figure.savefig(path)


def _smooth(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean of each value and the ones before it."""
    kernel = np.ones(min(_SMOOTHING, len(values)))
    total = np.convolve(values * weights, kernel)[: len(values)]
    return total / np.maximum(np.convolve(weights, kernel)[: len(values)], 1e-9)
