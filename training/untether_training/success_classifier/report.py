"""How well a classifier judges a recording that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.reader import DatasetReader
from untether_training.success_classifier.calibration import (
    ReliabilityBin,
    bin_by_probability,
    expected_calibration_error,
    to_probability,
)
from untether_training.success_classifier.classifier import SuccessClassifier
from untether_training.success_classifier.frames import read_facts, read_frames
from untether_training.success_classifier.streak import SuccessStreak
from untether_training.success_classifier.trainer import compute_logits


@dataclass(frozen=True)
class Proportion:
    """How many of how many.

    Attributes:
        count: Those of which it is true.
        total: All.
    """

    count: int
    total: int


@dataclass(frozen=True)
class ClassifierReport:
    """What was measured.

    Attributes:
        accuracy: Frames that are judged rightly.
        precision: Frames with success among those that are taken for it.
        recall: Frames that are taken for success among those with success.
        false_frames: Frames that are taken for success among those without.
        found: Episodes that end by the classifier, at success, among those with success.
        false_ends: Episodes that end by the classifier, not at success, among all.
        calibration_error: Expected calibration error [1].
        bins: Of the frames, by probability.
    """

    accuracy: Proportion
    precision: Proportion
    recall: Proportion
    false_frames: Proportion
    found: Proportion
    false_ends: Proportion
    calibration_error: float
    bins: list[ReliabilityBin]


def evaluate_classifier(
    classifier: SuccessClassifier, folder: Path, on_episode: Callable[[int], None] | None = None
) -> ClassifierReport:
    """Judge all frames of a recording.

    Args:
        classifier: That judges.
        folder: The recording, of other episodes than it was trained on.
        on_episode: Told how many episodes have been read.

    Raises:
        DatasetError: When the recording is of another task, other cameras or another size.
    """
    reader = DatasetReader(folder)
    facts, made = read_facts(reader), classifier.facts
    wanted = (made.task, made.cameras, made.image_size)
    if (facts.task, facts.cameras, facts.image_size) != wanted:
        raise DatasetError(
            str(folder),
            expected=_describe(*wanted),
            got=_describe(facts.task, facts.cameras, facts.image_size),
            fix="record the task that the classifier was trained on",
        )
    frames = read_frames(reader, facts, on_episode=on_episode)
    logits = compute_logits(classifier.network, frames)
    probabilities = to_probability(logits, made.temperature)
    return make_report(probabilities, frames.labels, frames.episodes, made.threshold)


def make_report(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.bool_],
    episodes: NDArray[np.int64],
    threshold: float,
) -> ClassifierReport:
    """Compare judgements with labels.

    Args:
        probabilities: Of each frame's success, (N,) [1]; at least one.
        labels: Whether it shows success, (N,).
        episodes: Number of its episode, (N,); frames of an episode are in order.
        threshold: What a probability has to exceed [1].
    """
    taken = probabilities > threshold
    found = false_ends = successful = 0
    numbers = np.unique(episodes)
    for number in numbers:
        inside = episodes == number
        end = _find_end(probabilities[inside], threshold)
        successful += bool(labels[inside].any())
        if end is not None:
            right = bool(labels[inside][end])
            found += right
            false_ends += not right
    bins = bin_by_probability(probabilities, labels)
    return ClassifierReport(
        _count(taken == labels, np.ones_like(labels)),
        _count(labels, taken),
        _count(taken, labels),
        _count(taken, ~labels),
        Proportion(found, successful),
        Proportion(false_ends, len(numbers)),
        expected_calibration_error(bins),
        bins,
    )


def _find_end(probabilities: NDArray[np.float64], threshold: float) -> int | None:
    """Return the frame at which an episode counts as done; None where it never does."""
    streak = SuccessStreak(threshold)
    for frame, probability in enumerate(probabilities):
        if streak.add(float(probability)):
            return frame
    return None


def _count(condition: NDArray[np.bool_], among: NDArray[np.bool_]) -> Proportion:
    return Proportion(int((condition & among).sum()), int(among.sum()))


def _describe(task: str, cameras: tuple[str, ...], image_size: int) -> str:
    return f"{task} seen by {', '.join(cameras)} with {image_size} x {image_size} pixels"
