"""The lid covers the button until it is swung aside."""

import math

import mujoco
import numpy as np
import pytest

from untether_hardware.manipulation.lid_box import BUTTON_JOINT, LID_JOINT
from untether_hardware.manipulation.lid_button import BOX, LidButton
from untether_hardware.manipulation.workcell import Workcell


@pytest.fixture(scope="module")
def cell():
    return Workcell(LidButton())


def press(cell, angle, *, steps=12):
    """Press with the closed fingers where the button is, under a lid at an angle [rad]."""
    cell.reset(np.random.default_rng(0))
    arm, task = cell.arm, cell.task
    arm.data.joint(LID_JOINT).qpos[0] = angle
    mujoco.mj_forward(arm.model, arm.data)
    button = task.find_button(arm.data)
    pose = arm.read_state().pose
    for target in (button + np.array((0.0, 0.0, 0.08)), button):
        for _ in range(2 * steps):
            tool = arm.read_state().pose
            way = np.clip(target - tool.position, -0.02, 0.02) - (0.0, 0.0, 0.002)
            arm.command_pose(type(pose)(tool.position + way, pose.rotation))
            arm.step(0.1)
            if cell.is_success():
                return True
    return False


def test_the_button_is_pressed_under_an_open_lid_and_not_under_a_closed_one(cell):
    assert press(cell, math.radians(95.0))
    assert not press(cell, 0.0)


@pytest.mark.parametrize(("degrees", "success"), [(0.0, False), (59.0, False), (61.0, True)])
def test_a_pressed_button_counts_only_while_the_lid_is_open(cell, degrees, success):
    cell.reset(np.random.default_rng(1))
    data = cell.arm.data
    data.joint(BUTTON_JOINT).qpos[0] = 0.005
    data.joint(LID_JOINT).qpos[0] = math.radians(degrees)
    assert cell.is_success() is success


def test_what_is_let_go_stays_or_comes_back(cell):
    cell.reset(np.random.default_rng(1))
    data = cell.arm.data
    data.joint(LID_JOINT).qpos[0] = 1.2
    data.joint(BUTTON_JOINT).qpos[0] = 0.005
    assert cell.is_success()
    cell.arm.step(0.5)
    assert cell.task.find_angle(data) == pytest.approx(1.2, abs=0.02)  # friction holds the lid
    assert not cell.is_success()  # a spring lifts the button


def test_what_remains_falls_while_the_lid_opens_and_the_hand_comes_close(cell):
    state = cell.reset(np.random.default_rng(2))
    data, task = cell.arm.data, cell.task
    remaining = []
    for angle in (0.0, 0.5, 1.0, 1.2):
        data.joint(LID_JOINT).qpos[0] = angle
        mujoco.mj_forward(cell.arm.model, data)
        remaining.append(task.measure_remaining(data, state))
    assert remaining[-1] < min(remaining[:-1])
    known = task.observe_privileged(data, state)
    assert known.shape == (task.privileged_size,)
    assert known[6] == pytest.approx(1.2)


def test_starts_differ_within_their_bounds(cell):
    config = cell.task.config
    places = []
    for seed in range(30):
        cell.reset(np.random.default_rng(seed))
        data = cell.arm.data
        assert not cell.is_success()
        assert cell.task.find_angle(data) == pytest.approx(0.0)
        places.append(data.body(BOX).xpos[:2] - config.box_centre)
    assert np.abs(places).max() <= config.box_spread
    assert np.ptp(places, axis=0).min() > config.box_spread
