import math

import numpy as np
import pytest

from untether_hardware.franka.description import FR3
from untether_hardware.franka.impedance_config import COMPLIANCE, PRECISION
from untether_hardware.franka.inverse_kinematics import solve_joint_position
from untether_hardware.franka.model import build_arm
from untether_hardware.franka.pose import Pose, find_rotation_vector, make_rotation
from untether_hardware.franka.scene import add_fixed_box, add_free_box, add_table
from untether_hardware.franka.simulated_arm import SimulatedArm, SimulatedArmConfig
from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.workspace import POINTING_DOWN, Workspace

RED = (0.8, 0.2, 0.1, 1.0)
MAX_TORQUE = np.array([joint.max_torque for joint in FR3.joints])
FREE = Workspace(lower=(0.0, -1.0, -1.0), upper=(1.0, 1.0, 1.0))


def down_at(x, y, z):
    return Pose(np.array([x, y, z]), POINTING_DOWN)


@pytest.fixture
def arm(arm_on_table):
    return SimulatedArm(arm_on_table, SimulatedArmConfig(impedance=PRECISION))


def test_arm_holds_its_pose_against_gravity(arm):
    arm.reset_to_pose(down_at(0.5, 0.1, 0.2))
    arm.step(2.0)
    state = arm.read_state()
    assert state.pose.position == pytest.approx((0.5, 0.1, 0.2), abs=1e-5)
    assert state.pose.rotation == pytest.approx(POINTING_DOWN, abs=1e-5)
    assert state.force == pytest.approx(np.zeros(3), abs=0.01)
    assert state.stamp == pytest.approx(2.0)


def test_arm_reaches_a_setpoint_and_comes_to_rest(arm):
    arm.reset_to_pose(down_at(0.45, -0.1, 0.2))
    goal = Pose(np.array([0.5, 0.1, 0.15]), POINTING_DOWN @ make_rotation((0.1, -0.2, 0.4)))
    for _ in range(40):
        arm.command_pose(goal)
        arm.step(0.1)
    state = arm.read_state()
    assert state.pose.position == pytest.approx(goal.position, abs=1e-3)
    assert find_rotation_vector(goal.rotation.T @ state.pose.rotation) == pytest.approx(
        np.zeros(3), abs=5e-3
    )
    assert np.linalg.norm(state.linear_velocity) < 0.01


def test_velocity_is_that_of_the_pose(arm):
    arm.reset_to_pose(down_at(0.45, 0.0, 0.2))
    arm.command_pose(Pose(np.array([0.5, 0.1, 0.25]), POINTING_DOWN @ make_rotation((0, 0, 0.4))))
    arm.step(0.1)
    before = arm.read_state()
    arm.step(0.001)
    after = arm.read_state()
    moved = (after.pose.position - before.pose.position) / 0.001
    turned = find_rotation_vector(after.pose.rotation @ before.pose.rotation.T) / 0.001
    assert np.linalg.norm(moved) > 0.1
    assert np.linalg.norm(turned) > 0.1
    assert moved == pytest.approx(after.linear_velocity, abs=2e-3)
    assert turned == pytest.approx(after.angular_velocity, abs=1e-2)


def press_on_wall(impedance):
    """Push towards a wall 5 cm ahead, at a setpoint 20 cm behind its face; return the state."""
    spec = build_arm()
    add_fixed_box(spec, "wall", (0.60, 0.0, 0.3), (0.04, 0.3, 0.3), color=RED)
    arm = SimulatedArm(spec.compile(), SimulatedArmConfig(impedance, workspace=FREE))
    arm.reset_to_pose(down_at(0.46, 0.0, 0.3), gripper_width=0.0)
    forces = []
    for _ in range(40):
        arm.command_pose(down_at(0.76, 0.0, 0.3))
        arm.step(0.1)
        forces.append(-arm.read_state().force[0])
    return arm, np.array(forces)


def test_reference_limit_bounds_the_force_on_a_wall():
    arm, forces = press_on_wall(COMPLIANCE)
    pressed = 2000 * 0.0075  # [N] stiffness times limit
    assert forces[-1] == pytest.approx(pressed, rel=0.05)
    assert forces.max() <= arm.controller.max_wrench[0]
    _, strong = press_on_wall(PRECISION)
    assert strong[-1] > 3 * pressed


def test_torques_keep_their_limits_whatever_is_commanded(arm):
    arm.reset(FR3.home)
    generator = np.random.default_rng(1)
    arm.step(0.001)
    previous = arm.read_state().joint_torque
    for _ in range(300):
        arm.command_pose(
            Pose(generator.uniform(-2, 2, 3), make_rotation(generator.uniform(-2, 2, 3))),
            generator.normal(0.0, 300.0, 6),
        )
        arm.step(0.001)
        torque = arm.read_state().joint_torque
        assert (np.abs(torque) <= MAX_TORQUE).all()
        assert (np.abs(torque - previous) <= 1.0 + 1e-9).all()
        previous = torque


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_setpoint_that_is_not_finite_is_refused_and_the_arm_stays(arm, bad):
    arm.reset_to_pose(down_at(0.5, 0.0, 0.2))
    with pytest.raises(ValueError, match="expected a finite pose"):
        arm.command_pose(down_at(bad, 0.0, 0.2))
    arm.step(0.2)
    assert arm.read_state().pose.position == pytest.approx((0.5, 0.0, 0.2), abs=1e-5)


def test_setpoint_outside_of_the_workspace_is_clipped(arm):
    arm.command_pose(down_at(0.5, 9.0, -9.0))
    assert arm.controller.target.position == pytest.approx((0.5, 0.4, 0.01))


def test_gripper_opens_and_closes_at_its_speed(arm):
    arm.reset_to_pose(down_at(0.5, 0.0, 0.3))
    arm.command_gripper(GripperCommand.CLOSE)
    arm.step(0.4)
    assert arm.read_state().gripper_width == pytest.approx(0.04, abs=0.003)  # 0.1 m/s
    arm.command_gripper(GripperCommand.STAY)
    arm.step(0.6)
    assert arm.read_state().gripper_width == pytest.approx(0.0, abs=0.001)
    arm.command_gripper(GripperCommand.OPEN)
    arm.step(1.0)
    assert arm.read_state().gripper_width == pytest.approx(0.08, abs=0.001)


def test_cube_is_grasped_lifted_held_and_felt():
    spec = build_arm()
    add_table(spec)
    add_free_box(spec, "cube", (0.02, 0.02, 0.02), mass=0.2, color=RED)
    arm = SimulatedArm(spec.compile(), SimulatedArmConfig(impedance=PRECISION))
    arm.reset_to_pose(down_at(0.5, 0.0, 0.02))
    arm.command_gripper(GripperCommand.CLOSE)
    arm.step(0.6)
    arm.command_pose(down_at(0.5, 0.0, 0.2))
    arm.step(3.0)
    state = arm.read_state()
    assert state.gripper_width == pytest.approx(0.04, abs=0.002)
    assert arm.data.body("cube").xpos[2] == pytest.approx(state.pose.position[2], abs=0.005)
    assert state.force[2] == pytest.approx(-0.2 * 9.81, abs=0.1)


def test_same_commands_give_the_same_motion(arm_on_table):
    def fly():
        arm = SimulatedArm(arm_on_table)
        arm.reset_to_pose(down_at(0.5, 0.0, 0.2))
        arm.command_pose(down_at(0.55, 0.1, 0.1))
        arm.step(0.5)
        first = arm.read_state().joint_position
        arm.reset_to_pose(down_at(0.5, 0.0, 0.2))
        arm.command_pose(down_at(0.55, 0.1, 0.1))
        arm.step(0.5)
        return first, arm.read_state().joint_position

    first, again = fly()
    assert (first == again).all()
    assert (first == fly()[0]).all()


def test_angles_outside_of_the_limits_are_refused(arm):
    with pytest.raises(ValueError, match=r"expected 7 angles within .* Fix: "):
        arm.reset(np.zeros(7))  # joint 4 cannot be straight
    with pytest.raises(ValueError, match=r"expected 0 to 0\.08 m, got 0\.2"):
        arm.reset(FR3.home, gripper_width=0.2)


def test_inverse_kinematics_finds_poses_and_refuses_what_is_out_of_reach(arm_on_table):
    generator = np.random.default_rng(0)
    arm = SimulatedArm(arm_on_table)
    for _ in range(20):
        turn = make_rotation(generator.uniform(-0.4, 0.4, 3))
        place = generator.uniform((0.3, -0.35, 0.02), (0.65, 0.35, 0.5))
        pose = Pose(place, POINTING_DOWN @ turn)
        arm.reset_to_pose(pose)
        assert arm.read_state().pose.position == pytest.approx(place, abs=1e-5)
        assert arm.read_state().pose.rotation == pytest.approx(pose.rotation, abs=1e-5)
    with pytest.raises(ValueError, match=r"expected a pose within reach.* Fix: "):
        solve_joint_position(arm_on_table, FR3, down_at(1.5, 0.0, 0.2))
