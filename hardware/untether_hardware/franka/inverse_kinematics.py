"""Joint angles that bring the tool to a pose."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

import mujoco
import numpy as np

from untether_hardware.franka.description import ArmDescription
from untether_hardware.franka.model import TOOL_SITE
from untether_hardware.franka.pose import Floats, Pose, find_rotation_vector

_STEPS = 100
_TOLERANCE = 1e-6  # [m, rad]
_DAMPING = 1e-8  # and the squared error, as in Levenberg and Marquardt's method after Sugihara 2011
_MAX_STEP = 0.3  # [rad]
_POSTURE_GAIN = 0.1


def solve_joint_position(model: mujoco.MjModel, description: ArmDescription, pose: Pose) -> Floats:
    """Return joint angles within the limits, as close to home as the pose lets them be, (7,) [rad].

    Damped least squares with a pull to the home angles in the nullspace.

    Args:
        model: Of the arm; any scene around it does not matter.
        description: The arm.
        pose: Of the tool, in the base's frame.

    Raises:
        ValueError: When the pose is out of reach.
    """
    data = mujoco.MjData(model)
    joints = len(description.joints)
    lower = np.array([joint.lower for joint in description.joints])
    upper = np.array([joint.upper for joint in description.joints])
    home = np.asarray(description.home)
    site = model.site(TOOL_SITE).id
    angles = home.copy()
    jacobian = np.empty((6, model.nv))
    error = np.full(6, np.inf)
    for _ in range(_STEPS):
        data.qpos[:joints] = angles
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        rotation = data.site_xmat[site].reshape(3, 3)
        error = np.concatenate(
            [
                pose.position - data.site_xpos[site],
                find_rotation_vector(pose.rotation @ rotation.T),
            ]
        )
        if np.abs(error).max() < _TOLERANCE:
            return angles
        mujoco.mj_jacSite(model, data, jacobian[:3], jacobian[3:], site)
        arm = jacobian[:, :joints]
        posture = _POSTURE_GAIN * (home - angles)
        gram = arm @ arm.T + (_DAMPING + 0.1 * error @ error) * np.eye(6)
        step = posture + arm.T @ np.linalg.solve(gram, error - arm @ posture)
        step *= min(1.0, _MAX_STEP / np.abs(step).max())
        angles = np.clip(angles + step, lower, upper)
    raise ValueError(
        f"solve_joint_position: expected a pose within reach, got position {pose.position} and "
        f"quaternion {pose.quaternion} (xyzw), which is missed by {np.abs(error).max():.3g} m or "
        "rad. Fix: choose a pose nearer to the middle of the workspace."
    )
