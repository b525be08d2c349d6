"""Forward kinematics of the arm, from its description alone."""

import numpy as np

from untether_hardware.franka.description import ArmDescription
from untether_hardware.franka.pose import Floats, Pose


def find_tool(description: ArmDescription, joint_position: Floats) -> tuple[Pose, Floats]:
    """Return the tool's pose in the base's frame, and its Jacobian there.

    Args:
        description: The arm.
        joint_position: (7,) [rad].

    Returns:
        Pose, and the derivative (6, 7) of velocity [m] and angular velocity [1] by joint velocity.
    """
    place, rotation = np.zeros(3), np.eye(3)
    origins, axes = [], []
    for joint, angle in zip(description.joints, joint_position, strict=True):
        cosine, sine = np.cos(joint.alpha), np.sin(joint.alpha)
        place = place + rotation @ (joint.a, -sine * joint.d, cosine * joint.d)
        tilt = np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
        rotation = rotation @ tilt @ _turn(angle)
        origins.append(place)
        axes.append(rotation[:, 2])
    hand = description.hand
    place = place + rotation @ (0.0, 0.0, description.flange_offset + hand.tool_offset)
    rotation = rotation @ _turn(hand.rotation)
    along = np.array(axes)  # (7, 3)
    arms = place - np.array(origins)  # (7, 3) [m]
    return Pose(place, rotation), np.vstack((np.cross(along, arms).T, along.T))


def _turn(angle: float) -> Floats:
    """Return a rotation about z, (3, 3) [1]."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
