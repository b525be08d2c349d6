"""What is kept of an observation: the pictures' features, computed once, and the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_hardware.manipulation.observation import STATE_SCALES, STATE_SIZES
from untether_training.manipulation.environment import CAMERAS
from untether_training.offpolicy.privileged import PRIVILEGED
from untether_training.offpolicy.trunk import PictureTrunk, find_map_shape


def list_arrays(image_size: int, *, privileged: int = 0) -> dict[str, ArraySpec]:
    """Return the arrays that are kept of an observation, by name.

    Args:
        image_size: Width and height of the pictures [px].
        privileged: Numbers that only a simulator knows; policies see none of them.
    """
    shape = find_map_shape(image_size, image_size)
    known = {PRIVILEGED: ArraySpec((privileged,))} if privileged else {}
    return {
        **known,
        **{
            name: ArraySpec((size,), scale=STATE_SCALES[name]) for name, size in STATE_SIZES.items()
        },
        **{f"image_{camera}": ArraySpec(shape, "float16") for camera in CAMERAS},
    }


class Perception:
    """Computes the features of all cameras' pictures at once."""

    def __init__(self) -> None:
        self._trunk = PictureTrunk()

    def perceive(self, observation: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return an observation as `list_arrays` says.

        Args:
            observation: Of the environment, with pictures, and what is privileged if that is kept.
        """
        cameras = [f"image_{camera}" for camera in CAMERAS]
        pictures = np.stack([observation[name] for name in cameras])
        features = self._trunk(torch.from_numpy(pictures)).half().numpy()
        names = (*STATE_SIZES, *({PRIVILEGED} & observation.keys()))
        state = {name: observation[name] for name in names}
        return {**state, **dict(zip(cameras, features, strict=True))}


def to_tensors(observation: Mapping[str, NDArray[Any]]) -> dict[str, torch.Tensor]:
    """Return one observation as a batch, (1, ...) each."""
    return {name: torch.from_numpy(array)[None] for name, array in observation.items()}
