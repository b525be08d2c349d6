"""Statistics of features, of an episode and of all, as LeRobot defines them."""

from collections.abc import Sequence

import numpy as np

_QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
_MAX_PICTURES = 100  # of an episode that are looked at

Statistics = dict[str, np.ndarray]
"""``min``, ``max``, ``mean``, ``std``, ``q01`` to ``q99`` and ``count`` (1,) of one feature."""


def compute_statistics(values: np.ndarray) -> Statistics:
    """Return the statistics of a vector feature.

    Args:
        values: (frames, size).

    Returns:
        Arrays (size,).
    """
    values = values.astype(np.float64)
    quantiles = np.quantile(values, list(_QUANTILES.values()), axis=0)
    return {
        "min": values.min(axis=0),
        "max": values.max(axis=0),
        "mean": values.mean(axis=0),
        "std": values.std(axis=0),
        "count": np.array([len(values)]),
        **dict(zip(_QUANTILES, quantiles, strict=True)),
    }


def compute_picture_statistics(pictures: np.ndarray) -> Statistics:
    """Return the statistics of each colour, over at most a hundred pictures spread evenly.

    Args:
        pictures: (frames, height, width, 3) uint8.

    Returns:
        Arrays (3, 1, 1), of intensities from 0 to 1; ``count`` is that of the pictures.
    """
    chosen = pictures[sample_pictures(len(pictures))]
    levels = np.arange(256) / 255.0
    found = []
    for colour in range(chosen.shape[-1]):
        counts = _count_levels(chosen[..., colour].ravel())
        present = levels[counts > 0]
        mean = np.average(levels, weights=counts)
        cumulated = np.cumsum(counts) / counts.sum()
        found.append(
            {
                "min": present[0],
                "max": present[-1],
                "mean": mean,
                "std": np.sqrt(np.average((levels - mean) ** 2, weights=counts)),
                **{name: levels[np.searchsorted(cumulated, q)] for name, q in _QUANTILES.items()},
            }
        )
    statistics = {name: np.array([[[one[name]]] for one in found]) for name in found[0]}
    return {**statistics, "count": np.array([len(chosen)])}


def _count_levels(values: np.ndarray) -> np.ndarray:
    """Return how often each level occurs, (256,); faster than one by one, as pairs differ more.

    Args:
        values: (N,) uint8.
    """
    pairs = values[: len(values) // 2 * 2].view(np.uint16)
    found = np.bincount(pairs, minlength=256 * 256).reshape(256, 256)
    counts = found.sum(axis=0) + found.sum(axis=1)
    counts[values[2 * len(pairs) :]] += 1  # one at most
    return counts


def sample_pictures(count: int) -> np.ndarray:
    """Return which pictures of an episode the statistics are about."""
    return np.round(np.linspace(0, count - 1, min(count, _MAX_PICTURES))).astype(int)


def combine_statistics(parts: Sequence[Statistics]) -> Statistics:
    """Return the statistics of several episodes together.

    Mean and standard deviation are exact. Quantiles are, as in LeRobot, the episodes' own, weighted
    by their counts.
    """
    counts = np.array([part["count"][0] for part in parts], dtype=np.int64)
    stacked = {name: np.stack([part[name] for part in parts]) for name in parts[0]}

    def average(values: np.ndarray) -> np.ndarray:
        return np.average(values, axis=0, weights=counts)

    mean = average(stacked["mean"])
    variance = average(stacked["std"] ** 2 + (stacked["mean"] - mean) ** 2)
    return {
        "min": stacked["min"].min(axis=0),
        "max": stacked["max"].max(axis=0),
        "mean": mean,
        "std": np.sqrt(variance),
        "count": np.array([counts.sum()]),
        **{name: average(stacked[name]) for name in _QUANTILES},
    }
