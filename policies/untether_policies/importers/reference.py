"""Parts that the numpy references share, and what all of them can do."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class Reference(Protocol):
    """A peer's run-time for one robot, from the bundle's inputs to joint targets."""

    last_action: NDArray[np.float64]  # (actions) what the next observation shows; may be replaced

    def reset(self) -> None:
        """Forget the past."""
        ...

    def step(self, inputs: Mapping[str, Array]) -> dict[str, float]:
        """Return each joint's target [rad] for the bundle's inputs, by joint name."""
        ...


class FrameHistory:
    """The last frames of a term; the first frame after a reset fills all places.

    Args:
        length: Number of frames; 0 is the same as 1.
    """

    def __init__(self, length: int) -> None:
        self._length = max(length, 1)
        self._frames: list[NDArray[np.float64]] = []

    def append(self, frame: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Add a frame and return all of them, oldest first."""
        if not self._frames:
            self._frames = [frame] * self._length
        self._frames = [*self._frames, frame][-self._length :]
        return self._frames


def rotate_gravity(orientation: Array) -> NDArray[np.float64]:
    """Return the unit vector of gravity in the body frame, for the body's orientation (xyzw).

    The vector (0, 0, -1) of the world is turned by the conjugate quaternion:
    v + 2 w (u x v) + 2 u x (u x v), with u the conjugate's vector part.
    """
    vector = -np.asarray(orientation[:3], np.float64)
    real = float(orientation[3])
    gravity = np.array([0.0, 0.0, -1.0])
    first = np.cross(vector, gravity)
    return gravity + 2.0 * real * first + 2.0 * np.cross(vector, first)
