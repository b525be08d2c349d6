"""An observation of the environment as a frame of a dataset, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from untether_hardware.datasets.features import ACTION, Step
from untether_hardware.datasets.reader import Episode
from untether_hardware.datasets.writer import DatasetWriter
from untether_hardware.manipulation.dataset_schema import CAMERA_PREFIX, STATE, SUCCESS
from untether_hardware.manipulation.observation import STATE_SIZES
from untether_training.manipulation.environment import CAMERAS, Observation


def add_frame(
    writer: DatasetWriter,
    observation: Mapping[str, NDArray[Any]],
    action: ArrayLike,
    step: Step,
    *,
    success: bool,
) -> None:
    """Add a frame to the unfinished episode of a dataset with the arm's schema.

    Args:
        writer: Of the dataset.
        observation: Of the environment, with pictures.
        action: What was done then, (7,) [1].
        step: What came of it.
        success: Whether the task is done in the observation.

    Raises:
        DatasetError: When something does not fit the schema.
    """
    values = {
        STATE: np.concatenate([observation[name] for name in STATE_SIZES]),
        ACTION: action,
        SUCCESS: success,
    }
    pictures = {CAMERA_PREFIX + name: observation[f"image_{name}"] for name in CAMERAS}
    writer.add_frame(values, step, pictures)


def split_state(state: NDArray[np.float32]) -> Observation:
    """Return the observations of ``STATE_SIZES`` by name.

    Args:
        state: Of a frame, (19,).
    """
    ends = np.cumsum(list(STATE_SIZES.values()))[:-1]
    return dict(zip(STATE_SIZES, np.split(state, ends), strict=True))


def read_observation(episode: Episode, frame: int) -> Observation:
    """Return the observation of a frame, as the environment gave it.

    Args:
        episode: With pictures.
        frame: Number within what was read of the episode.
    """
    pictures = {f"image_{name}": episode.pictures[CAMERA_PREFIX + name][frame] for name in CAMERAS}
    return {**split_state(episode.columns[STATE][frame]), **pictures}
