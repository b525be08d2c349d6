"""What the arm's datasets hold, wherever they are recorded, so that they can be merged."""

from __future__ import annotations

from untether_hardware.datasets.features import ACTION, Camera, Feature
from untether_hardware.datasets.schema import DatasetSchema
from untether_hardware.manipulation.action import ACTION_SIZE
from untether_hardware.manipulation.observation import STATE_SIZES
from untether_hardware.manipulation.tensors import CAMERAS

STATE = "observation.state"
"""Name of the feature with the observations of ``STATE_SIZES``, in their order."""

SUCCESS = "success"
"""Name of the feature that tells whether the task is done in a frame's pictures."""

CAMERA_PREFIX = "observation.images."
"""What precedes the name of a camera in a dataset."""


def make_schema(image_size: int, fps: int) -> DatasetSchema:
    """Return what a recording of the arm holds.

    Args:
        image_size: Width and height of the pictures [px].
        fps: Frames per second [Hz].
    """
    elements = tuple(
        f"{name}.{axis}" for name, size in STATE_SIZES.items() for axis in "xyz"[:size]
    )
    return DatasetSchema(
        fps,
        (
            Feature(STATE, "float32", len(elements), elements),
            Feature(ACTION, "float32", ACTION_SIZE),
            Feature(SUCCESS, "bool", 1),
        ),
        tuple(Camera(CAMERA_PREFIX + name, image_size, image_size, "image") for name in CAMERAS),
        "franka_fr3",
    )
