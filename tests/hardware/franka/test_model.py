import mujoco
import numpy as np
import pytest

from untether_hardware.franka.description import FR3
from untether_hardware.franka.model import ArmModelConfig, build_arm

SAMPLES = 50


@pytest.fixture(scope="module")
def arm():
    return build_arm().compile()


@pytest.fixture(scope="module")
def reference(pinocchio_arm):
    config = ArmModelConfig()
    return pinocchio_arm(FR3, config.rotor_inertia, config.finger_inertia)


def forward(model, position, velocity):
    data = mujoco.MjData(model)
    data.qpos[:], data.qvel[:] = position, velocity
    mujoco.mj_forward(model, data)
    return data


def test_tool_of_the_ready_position_is_where_franka_publishes_it(arm):
    tool = forward(arm, [*FR3.home, 0, 0], np.zeros(9)).site("tcp")
    assert tool.xpos == pytest.approx((0.30689, 0.0, 0.48688), abs=1e-5)
    assert tool.xmat.reshape(3, 3) == pytest.approx(np.diag([1.0, -1.0, -1.0]), abs=1e-12)


def test_forward_kinematics_and_jacobian_agree_with_pinocchio(arm, reference, random_joints):
    for position, velocity in random_joints(SAMPLES):
        data = forward(arm, position, velocity)
        place, rotation = reference.find_pose(position)
        assert data.site("tcp").xpos == pytest.approx(place, abs=1e-10)
        assert data.site("tcp").xmat.reshape(3, 3) == pytest.approx(rotation, abs=1e-10)
        jacobian = np.empty((6, 9))
        mujoco.mj_jacSite(arm, data, jacobian[:3], jacobian[3:], data.site("tcp").id)
        assert jacobian == pytest.approx(reference.find_jacobian(position), abs=1e-10)


def test_mass_matrix_agrees_with_pinocchio(arm, reference, random_joints):
    for position, velocity in random_joints(SAMPLES):
        data = forward(arm, position, velocity)
        matrix = np.empty((9, 9))
        mujoco.mj_fullM(arm, data, matrix)
        assert matrix == pytest.approx(reference.find_mass_matrix(position), abs=1e-6)


def test_gravity_and_coriolis_torques_agree_with_pinocchio(arm, reference, random_joints):
    for position, velocity in random_joints(SAMPLES):
        for speed in (np.zeros(9), velocity):
            bias = forward(arm, position, speed).qfrc_bias
            assert bias == pytest.approx(reference.find_bias(position, speed), abs=1e-6)


def test_arm_falls_when_its_motors_give_nothing(arm):
    data = forward(arm, [*FR3.home, 0.04, 0.04], np.zeros(9))
    start = data.site("tcp").xpos[2]
    mujoco.mj_step(arm, data, 300)
    assert data.site("tcp").xpos[2] < start - 0.1


def test_limits_of_joints_and_motors_are_those_of_the_description(arm):
    for joint in FR3.joints:
        assert arm.joint(joint.name).range == pytest.approx((joint.lower, joint.upper))
        limit = joint.max_torque
        assert arm.actuator(joint.name).ctrlrange == pytest.approx((-limit, limit))


def test_arm_does_not_touch_itself_in_its_ready_position(arm):
    assert forward(arm, [*FR3.home, 0.0, 0.0], np.zeros(9)).ncon == 0


def test_timestep_too_long_for_the_controller_is_refused():
    with pytest.raises(ValueError, match=r"expected 0 to 0\.002 s, got 0\.01.*Fix: "):
        ArmModelConfig(timestep=0.01)
