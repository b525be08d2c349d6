"""In simulation: whatever a policy wants, table and arm come to no harm."""

import numpy as np
import pytest
from tests.hardware.franka.safety.conftest import make_contract, twist

from untether_hardware.franka.description import FR3
from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.franka.safety.stage import ArmSafetyStage
from untether_hardware.manipulation.pick_lift import PickLift
from untether_hardware.manipulation.workcell import Workcell
from untether_hardware.safety.modes import Mode, Source

PERIOD = 0.01


def drive(choose, duration):
    """Let a policy command the simulated arm; return the stage, and what the arm went through."""
    task = PickLift()
    cell = Workcell(task)
    cell.reset(np.random.default_rng(0))
    arm = cell.arm
    stage = ArmSafetyStage(ArmSafetyConfig(), FR3, task.config.workspace)
    generator = np.random.default_rng(1)
    states = []
    for number in range(round(duration / PERIOD)):
        arm.step(PERIOD)
        state = arm.read_state()
        states.append(state)
        stage.observe_state(state.stamp, state)
        if number == 20:
            assert stage.arm(state.stamp).granted
            assert stage.select_policy(state.stamp, make_contract()).granted
        setpoint = stage.tick(state.stamp)
        if number > 20 and number % 10 == 0:
            wanted = choose(generator)
            setpoint = stage.command(state.stamp, Source.POLICY, state.stamp, wanted) or setpoint
        if setpoint is not None:
            arm.command_pose(setpoint.pose)
            arm.command_gripper(setpoint.twist.gripper)
    return stage, states


def press(generator):
    return twist((0.0, 0.0, 0.25))


def retreat(generator):
    """Press, negated."""
    return twist((0.0, 0.0, -0.25))


def thrash(generator):
    return twist(generator.uniform(-5.0, 5.0, 3), generator.uniform(-9.0, 9.0, 3))


def flee(generator):
    return twist((-0.25, 0.25, -0.25), (0.7, 0.7, -0.7))


@pytest.mark.parametrize("choose", [press, retreat, thrash, flee])
def test_joints_and_forces_stay_within_their_limits(choose):
    stage, states = drive(choose, 6.0)
    lower = np.array([joint.lower for joint in FR3.joints])
    upper = np.array([joint.upper for joint in FR3.joints])
    fastest = np.array([joint.max_velocity for joint in FR3.joints])
    for state in states:
        assert (state.joint_position > lower).all()
        assert (state.joint_position < upper).all()
        assert (np.abs(state.joint_velocity) < fastest).all()
        assert np.linalg.norm(state.force) < stage.config.hard_force
    assert stage.mode in (Mode.POLICY, Mode.FAULT)
