"""Labelled frames of a recording, as features of their pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import Camera
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.manipulation.dataset_schema import CAMERA_PREFIX, SUCCESS
from untether_training.offpolicy.augmentation import shift_randomly
from untether_training.offpolicy.trunk import STRIDE, PictureTrunk

PAD = 2
"""Largest random shift of a picture [px]."""

_AT_ONCE = 64  # pictures


@dataclass(frozen=True)
class RecordingFacts:
    """What a recording is of.

    Attributes:
        task: Name of the task.
        cameras: Names of the cameras, sorted.
        image_size: Width and height of the pictures [px].
    """

    task: str
    cameras: tuple[str, ...]
    image_size: int


@dataclass(frozen=True)
class LabelledFrames:
    """Frames of whole episodes.

    Attributes:
        features: Of each camera (N, variants, C, H, W) float16; the first variant is of the
            picture as it is, the others are of shifted ones.
        labels: Whether each frame shows success, (N,).
        episodes: Number of each frame's episode, (N,).
    """

    features: dict[str, Tensor]
    labels: NDArray[np.bool_]
    episodes: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.labels)


def read_facts(reader: DatasetReader) -> RecordingFacts:
    """Return what a recording is of.

    Raises:
        DatasetError: When it has no labels, no pictures that fit, or not one task.
    """
    schema, where = reader.schema, str(reader.folder)
    names = [feature.name for feature in schema.features]
    if SUCCESS not in names:
        raise DatasetError(
            where,
            expected=f"a feature {SUCCESS!r} that labels each frame",
            got=", ".join(names),
            fix="record with untether classifier record, or add labels",
        )
    sizes = {(camera.height, camera.width) for camera in schema.cameras}
    height, width = sizes.pop() if len(sizes) == 1 else (0, 1)
    if height != width or height % STRIDE:
        raise DatasetError(
            where,
            expected=f"square pictures of one size, a multiple of {STRIDE} pixels",
            got=", ".join(map(_describe_camera, schema.cameras)) or "none",
            fix="crop and resize the pictures",
        )
    if len(reader.tasks) != 1:
        raise DatasetError(
            where,
            expected="episodes of one task",
            got=", ".join(reader.tasks) or "none",
            fix="keep a recording for each task",
        )
    cameras = sorted(camera.name.removeprefix(CAMERA_PREFIX) for camera in schema.cameras)
    return RecordingFacts(reader.tasks[0], tuple(cameras), height)


def read_frames(
    reader: DatasetReader,
    facts: RecordingFacts,
    *,
    shifted: int = 0,
    seed: int = 0,
    on_episode: Callable[[int], None] | None = None,
) -> LabelledFrames:
    """Compute the features of all frames.

    Args:
        reader: Of the recording.
        facts: Of the recording.
        shifted: Randomly shifted variants of each picture.
        seed: Of the shifts.
        on_episode: Told how many episodes have been read.

    Raises:
        DatasetError: When a file is damaged.
    """
    trunk, generator = PictureTrunk(), torch.Generator().manual_seed(seed)
    features: dict[str, list[Tensor]] = {camera: [] for camera in facts.cameras}
    labels, episodes = [], []
    for index in range(reader.episode_count):
        episode = reader.read_episode(index)
        for camera, maps in features.items():
            pictures = torch.from_numpy(episode.pictures[CAMERA_PREFIX + camera])
            variants = [pictures]
            variants += [shift_randomly(pictures, generator, PAD) for _ in range(shifted)]
            maps.append(torch.stack([_compute(trunk, one) for one in variants], dim=1))
        labels.append(episode.columns[SUCCESS].ravel().astype(bool))
        episodes.append(np.full(len(episode), index))
        if on_episode is not None:
            on_episode(index + 1)
    return LabelledFrames(
        {camera: torch.cat(maps) for camera, maps in features.items()},
        np.concatenate(labels),
        np.concatenate(episodes),
    )


def _compute(trunk: PictureTrunk, pictures: Tensor) -> Tensor:
    return torch.cat([trunk(part).half() for part in pictures.split(_AT_ONCE)])


def _describe_camera(camera: Camera) -> str:
    return f"{camera.name} of {camera.width} x {camera.height}"
