"""The description's own kinematics are those of the simulated arm."""

import mujoco
import numpy as np

from untether_hardware.franka.description import FR3
from untether_hardware.franka.kinematics import find_tool
from untether_hardware.franka.model import TOOL_SITE, build_arm


def test_pose_and_jacobian_equal_mujoco_s():
    model = build_arm().compile()
    data = mujoco.MjData(model)
    site = model.site(TOOL_SITE).id
    generator = np.random.default_rng(0)
    lower = [joint.lower for joint in FR3.joints]
    upper = [joint.upper for joint in FR3.joints]
    for _ in range(50):
        angles = generator.uniform(lower, upper)
        data.qpos[:7] = angles
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        wanted = np.empty((6, model.nv))
        mujoco.mj_jacSite(model, data, wanted[:3], wanted[3:], site)
        pose, jacobian = find_tool(FR3, angles)
        np.testing.assert_allclose(pose.position, data.site_xpos[site], atol=1e-9)
        np.testing.assert_allclose(pose.rotation.ravel(), data.site_xmat[site], atol=1e-9)
        np.testing.assert_allclose(jacobian, wanted[:, :7], atol=1e-9)
