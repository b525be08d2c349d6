"""An action as training counts it: a twist of the tool and the gripper, of the task's scales."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.manipulation.config import ManipulationConfig

ACTION_SIZE = 7
"""Translation (3), rotation (3), and the gripper: -1 closes it, 0 goes on, 1 opens it."""


def scale_twist(twist: ToolTwist, config: ManipulationConfig) -> NDArray[np.float32]:
    """Return the action that asks for a twist, (7,) [1].

    It is within -1 to 1 where a policy could have asked for it; an operator may be faster.

    Args:
        twist: Of the tool, in its own frame, held for a period.
        config: Of the task, with period and scales.
    """
    translation = twist.linear * (config.period / config.translation_scale)
    rotation = twist.angular * (config.period / config.rotation_scale)
    return np.concatenate((translation, rotation, [twist.gripper])).astype(np.float32)


def make_twist(action: NDArray[np.float32], config: ManipulationConfig) -> ToolTwist:
    """Return the twist that an action asks for; without a gripper's command it goes on.

    Args:
        action: (7,) or (6,) [1].
        config: Of the task, with period and scales.
    """
    values = action.astype(float)
    gripper = (
        GripperCommand(round(values[6])) if len(values) == ACTION_SIZE else GripperCommand.STAY
    )
    return ToolTwist(
        values[:3] * (config.translation_scale / config.period),
        values[3:6] * (config.rotation_scale / config.period),
        gripper,
    )
