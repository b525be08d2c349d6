"""Trains a classifier of success on a recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.reader import DatasetReader
from untether_training.success_classifier.calibration import (
    choose_threshold,
    fit_temperature,
    to_probability,
)
from untether_training.success_classifier.classifier import ClassifierFacts, SuccessClassifier
from untether_training.success_classifier.frames import LabelledFrames, read_facts, read_frames
from untether_training.success_classifier.network import SuccessNetwork

_AT_ONCE = 256  # frames, when all are judged


@dataclass(frozen=True)
class TrainerConfig:
    """How a classifier is trained.

    Attributes:
        steps: Batches.
        batch: Frames in one; half of them show success.
        learning_rate: Of Adam.
        shifted: Randomly shifted variants of each picture, whose features are kept.
        held_out: Share of the episodes that are not trained on, but set temperature and
            threshold [1].
        false_rate: Largest share of the held-out frames without success that may be taken for
            success [1].
        seed: Of the split, shifts, weights and batches.
    """

    steps: int = 400
    batch: int = 256
    learning_rate: float = 3e-4
    shifted: int = 3
    held_out: float = 0.25
    false_rate: float = 0.005
    seed: int = 0


@dataclass(frozen=True)
class Training:
    """What came out of a training.

    Attributes:
        classifier: Ready to judge.
        frames: Frames that were trained on.
        successes: How many of them show success.
        held_out_episodes: Episodes that were not trained on.
        held_out_frames: Their frames.
        loss: Mean cross-entropy of the last tenth of the batches.
    """

    classifier: SuccessClassifier
    frames: int
    successes: int
    held_out_episodes: int
    held_out_frames: int
    loss: float


def train_classifier(
    folder: Path,
    config: TrainerConfig | None = None,
    on_episode: Callable[[int], None] | None = None,
) -> Training:
    """Train on a recording.

    Args:
        folder: The recording, with a label of success for each frame.
        config: How to train.
        on_episode: Told how many episodes have been read.

    Raises:
        DatasetError: When the recording does not fit, or lacks frames of one kind.
    """
    config = config or TrainerConfig()
    reader = DatasetReader(folder)
    facts = read_facts(reader)
    frames = read_frames(
        reader, facts, shifted=config.shifted, seed=config.seed, on_episode=on_episode
    )
    held_out = split_episodes(frames, config.held_out, config.seed)
    for part, name in ((held_out, "held-out"), (~held_out, "training")):
        _require_both_kinds(folder, frames.labels[part], name)
    torch.manual_seed(config.seed)
    network = SuccessNetwork(facts.cameras, facts.image_size)
    loss = _fit(network, frames, np.flatnonzero(~held_out), config)
    logits, labels = compute_logits(network, frames)[held_out], frames.labels[held_out]
    temperature = fit_temperature(logits, labels)
    threshold = choose_threshold(to_probability(logits, temperature), labels, config.false_rate)
    made = ClassifierFacts(facts.task, facts.cameras, facts.image_size, threshold, temperature)
    return Training(
        SuccessClassifier(made, network),
        int((~held_out).sum()),
        int(frames.labels[~held_out].sum()),
        len(np.unique(frames.episodes[held_out])),
        int(held_out.sum()),
        loss,
    )


def split_episodes(frames: LabelledFrames, share: float, seed: int) -> NDArray[np.bool_]:
    """Return which frames are held out, (N,); all frames of an episode are on one side.

    Episodes with success and without are split by the same share, so that both sides have both.

    Args:
        frames: Of all episodes.
        share: Of the episodes that are held out [1].
        seed: Of the choice.
    """
    generator = np.random.default_rng(seed)
    everyone = np.unique(frames.episodes)
    successful = np.isin(everyone, frames.episodes[frames.labels])
    chosen = []
    for group in (everyone[successful], everyone[~successful]):
        chosen += generator.permutation(group)[: round(share * len(group))].tolist()
    return np.isin(frames.episodes, chosen)


@torch.no_grad()
def compute_logits(network: SuccessNetwork, frames: LabelledFrames) -> NDArray[np.float64]:
    """Return the logit of each frame's pictures as they are, (N,)."""
    network.eval()
    parts = [
        network({camera: maps[rows, 0] for camera, maps in frames.features.items()})
        for rows in torch.arange(len(frames)).split(_AT_ONCE)
    ]
    return torch.cat(parts).double().numpy()


def _fit(
    network: SuccessNetwork,
    frames: LabelledFrames,
    rows: NDArray[np.intp],
    config: TrainerConfig,
) -> float:
    """Train the network on some frames, and return the loss at the end."""
    generator = np.random.default_rng(config.seed)
    positive, negative = (rows[frames.labels[rows] == label] for label in (True, False))
    half = config.batch // 2
    target = torch.cat((torch.ones(half), torch.zeros(half)))
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    network.train()
    losses = []
    for _ in range(config.steps):
        chosen = np.concatenate([generator.choice(kind, half) for kind in (positive, negative)])
        variant = generator.integers(config.shifted + 1, size=len(chosen))
        batch = {camera: maps[chosen, variant] for camera, maps in frames.features.items()}
        loss = nn.functional.binary_cross_entropy_with_logits(network(batch), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return float(np.mean(losses[-max(1, config.steps // 10) :]))


def _require_both_kinds(folder: Path, labels: NDArray[np.bool_], part: str) -> None:
    successes = int(labels.sum())
    if successes in (0, len(labels)):
        raise DatasetError(
            str(folder),
            expected=f"{part} frames with success and without",
            got=f"{successes} with and {len(labels) - successes} without",
            fix="record more episodes",
        )
