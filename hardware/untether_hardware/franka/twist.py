"""What a commander wants of the tool: how fast it is to move, and where the gripper goes."""

from dataclasses import dataclass

import numpy as np

from untether_hardware.franka.pose import Floats
from untether_hardware.franka.state import GripperCommand


@dataclass(frozen=True, eq=False, slots=True)
class ToolTwist:
    """Velocities of the tool, in its own frame.

    Attributes:
        linear: (3,) [m/s] tool.
        angular: (3,) [rad/s] tool.
        gripper: Where the gripper is to go.
    """

    linear: Floats
    angular: Floats
    gripper: GripperCommand = GripperCommand.STAY

    @property
    def is_finite(self) -> bool:
        """Whether all numbers are."""
        return bool(np.isfinite(self.linear).all() and np.isfinite(self.angular).all())


STILL = ToolTwist(np.zeros(3), np.zeros(3))
"""No motion, and a gripper that goes on with what it does."""
