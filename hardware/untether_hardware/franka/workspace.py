"""The box that setpoints of the tool are clipped to."""

from dataclasses import dataclass

import numpy as np

from untether_hardware.franka.description import Vector3
from untether_hardware.franka.pose import Pose, find_rotation_vector, make_rotation

POINTING_DOWN = np.diag([1.0, -1.0, -1.0])
"""Rotation of a tool that points down, its x axis along that of the base, (3, 3) [1]."""


@dataclass(frozen=True)
class Workspace:
    """Where the tool may be sent.

    Attributes:
        lower: Least position, (3,) [m] base.
        upper: Largest position, (3,) [m] base.
        max_tilt: Largest rotation away from pointing down with x along the base's x, as a rotation
            vector, (3,) [rad] tool.
    """

    lower: Vector3 = (0.25, -0.40, 0.01)
    upper: Vector3 = (0.75, 0.40, 0.60)
    max_tilt: Vector3 = (0.5, 0.5, 1.0)

    def __post_init__(self) -> None:
        if not all(a <= b for a, b in zip(self.lower, self.upper, strict=True)):
            raise ValueError(
                f"Workspace: expected lower <= upper for x, y and z, got {self.lower} and "
                f"{self.upper}. Fix: swap them."
            )

    def clip(self, pose: Pose) -> Pose:
        """Return the nearest pose within, axis by axis.

        Args:
            pose: Of the tool, in the base's frame.
        """
        position = np.clip(pose.position, self.lower, self.upper)
        tilt = find_rotation_vector(POINTING_DOWN.T @ pose.rotation)
        limit = np.asarray(self.max_tilt)
        if (np.abs(tilt) <= limit).all():
            return Pose(position, pose.rotation)
        return Pose(position, POINTING_DOWN @ make_rotation(np.clip(tilt, -limit, limit)))
