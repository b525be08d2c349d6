"""What a policy knows of the arm, relative to where the episode began."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.pose import Pose, find_rotation_vector
from untether_hardware.franka.state import ArmState

STATE_SIZES = {
    "tool_position": 3,  # [m] tool frame at the reset
    "tool_rotation": 3,  # [rad] rotation vector, tool frame at the reset
    "tool_linear_velocity": 3,  # [m/s] tool
    "tool_angular_velocity": 3,  # [rad/s] tool
    "tool_force": 3,  # [N] tool, exerted by the surroundings
    "tool_torque": 3,  # [N m] tool, likewise
    "gripper_width": 1,  # [m]
}
"""Names and lengths of the state's observations."""

STATE_SCALES = {
    "tool_position": 10.0,
    "tool_rotation": 5.0,
    "tool_linear_velocity": 5.0,
    "tool_angular_velocity": 2.0,
    "tool_force": 0.1,
    "tool_torque": 1.0,
    "gripper_width": 20.0,
}
"""By which each is multiplied so that it is about one, in the unit's inverse."""


def observe_state(state: ArmState, reset_pose: Pose) -> dict[str, NDArray[np.float32]]:
    """Return the observations named in ``STATE_SIZES``.

    They do not change when arm and objects are moved together, so that a policy that was trained at
    one place works at another (Luo et al. 2024, "SERL", arXiv 2401.16013, "relative frames").

    Args:
        state: Of the arm.
        reset_pose: Of the tool at the last reset, in the base's frame.
    """
    relative = reset_pose.invert() @ state.pose
    to_tool = state.pose.rotation.T
    values = {
        "tool_position": relative.position,
        "tool_rotation": find_rotation_vector(relative.rotation),
        "tool_linear_velocity": to_tool @ state.linear_velocity,
        "tool_angular_velocity": to_tool @ state.angular_velocity,
        "tool_force": to_tool @ state.force,
        "tool_torque": to_tool @ state.torque,
        "gripper_width": [state.gripper_width],
    }
    return {name: np.asarray(value, dtype=np.float32) for name, value in values.items()}
