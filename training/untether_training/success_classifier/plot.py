"""Draws how far a classifier's probabilities can be relied on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from untether_hardware.interval import wilson_interval
from untether_training.success_classifier.calibration import ReliabilityBin

_BLUE, _GREY = "#2563c8", "#8a93a0"


def plot_reliability(
    bins: Sequence[ReliabilityBin], path: Path, title: str, threshold: float
) -> None:
    """Write a reliability diagram, with the number of frames of each bin below it.

    Args:
        bins: Of frames by probability; at least one.
        path: PNG file to write.
        title: Of the picture.
        threshold: What a probability has to exceed [1].
    """
    from matplotlib.figure import Figure

    confidence = np.array([one.confidence for one in bins])
    share = np.array([one.successes / one.count for one in bins])
    ends = np.array([wilson_interval(one.successes, one.count) for one in bins])
    figure = Figure(figsize=(4.6, 5.4), dpi=140, layout="constrained")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    axes.plot((0, 1), (0, 1), color=_GREY, lw=1.0, ls="--", label="ideal")
    axes.axvline(threshold, color="#c82d32", lw=1.0, label="threshold")
    reach = np.abs(ends.T - share)
    axes.errorbar(
        confidence, share, reach, color=_BLUE, marker="o", ms=4, capsize=2, label="frames, 95 %"
    )
    axes.set(ylabel="share of frames with success", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    axes.grid(color="#e7eaef")
    below.bar(confidence, [one.count for one in bins], width=0.03, color=_BLUE)
    below.set(xlabel="probability of success", ylabel="frames", yscale="log")
    below.grid(color="#e7eaef", axis="y")
    figure.savefig(path)
