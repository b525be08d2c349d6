"""What makes a logit a probability that can be relied on, and a decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TEMPERATURES = np.geomspace(0.1, 20.0, 200)
_LEAST_THRESHOLD = 0.5


def to_probability(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return probabilities of success [1], of the logits' shape."""
    return 0.5 * (1.0 + np.tanh(0.5 * logits / temperature))


def fit_temperature(logits: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """Return the temperature with the least cross-entropy (Guo et al. 2017, 1706.04599).

    Args:
        logits: (N,), of frames that were not trained on.
        labels: Whether each shows success, (N,).
    """
    margins = np.where(labels, logits, -logits) / _TEMPERATURES[:, None]  # (temperatures, N)
    losses = np.logaddexp(0.0, -margins).mean(axis=1)
    return float(_TEMPERATURES[np.argmin(losses)])


def choose_threshold(
    probabilities: NDArray[np.float64], labels: NDArray[np.bool_], false_rate: float
) -> float:
    """Return what a probability has to exceed, so that few frames without success do; 0.5 at least.

    Args:
        probabilities: (N,) [1], of frames that were not trained on.
        labels: Whether each shows success, (N,).
        false_rate: Largest share of the frames without success that may exceed it [1].
    """
    negatives = np.sort(probabilities[~labels])[::-1]
    allowed = int(false_rate * len(negatives))
    return max(_LEAST_THRESHOLD, float(negatives[allowed]))


@dataclass(frozen=True)
class ReliabilityBin:
    """Frames with about the same probability.

    Attributes:
        count: How many; at least one.
        successes: How many of them show success.
        confidence: Their mean probability [1].
    """

    count: int
    successes: int
    confidence: float


def bin_by_probability(
    probabilities: NDArray[np.float64], labels: NDArray[np.bool_], bins: int = 10
) -> list[ReliabilityBin]:
    """Return the frames in bins of equal width, without the empty ones.

    Args:
        probabilities: (N,) [1].
        labels: Whether each shows success, (N,).
        bins: How many.
    """
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    return [
        ReliabilityBin(
            int(inside.sum()), int(labels[inside].sum()), float(probabilities[inside].mean())
        )
        for inside in (places == place for place in np.unique(places))
    ]


def expected_calibration_error(bins: list[ReliabilityBin]) -> float:
    """Return the mean distance of confidence and share of successes [1], weighted by frames."""
    total = sum(one.count for one in bins)
    return sum(abs(one.count * one.confidence - one.successes) for one in bins) / total
