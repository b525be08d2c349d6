"""The expert opens the lid before it presses, and goes on from wherever the scene is."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

import math

import mujoco
import numpy as np
import pytest

from untether_hardware.manipulation.lid_box import BUTTON_JOINT, LID_JOINT
from untether_hardware.manipulation.lid_button import LidButton
from untether_training.manipulation.environment import ManipulationEnvironment
from untether_training.manipulation.lid_button_expert import LidButtonExpert
from untether_training.manipulation.scripted_expert import ExpertSkill

PERFECT = ExpertSkill(position_error=0.0, action_noise=0.0, hesitation=0.0)
TOUCHED = 0.001  # [m] of the button's travel, which its weight alone does not reach


@pytest.fixture(scope="module")
def environment():
    return ManipulationEnvironment(LidButton(), images=False)


def begin(environment, *, seed, skill=PERFECT, angle=0.0):
    """Begin an episode with a lid at an angle [rad], and return the expert."""
    environment.reset(seed=seed)
    turn_lid(environment, angle)
    expert = LidButtonExpert(environment, environment.task, np.random.default_rng(seed), skill)
    expert.reset()
    return expert


def turn_lid(environment, angle):
    arm = environment.arm
    arm.data.joint(LID_JOINT).qpos[0] = angle
    mujoco.mj_forward(arm.model, arm.data)


def finish(environment, expert, on_step=lambda: None):
    """Act until the episode ends, and return whether it succeeded."""
    while True:
        _, _, terminated, truncated, _ = environment.step(expert.act())
        on_step()
        if terminated or truncated:
            return terminated


@pytest.mark.parametrize("skill", [PERFECT, ExpertSkill()], ids=["perfect", "default"])
def test_the_button_is_untouched_until_the_lid_is_open(environment, skill):
    task, data = environment.task, environment.arm.data

    def check():
        if data.joint(BUTTON_JOINT).qpos[0] > TOUCHED:
            assert task.find_angle(data) > task.config.free_angle

    experts = (begin(environment, seed=seed, skill=skill) for seed in range(4))
    assert sum(finish(environment, expert, check) for expert in experts) >= 2


@pytest.mark.parametrize("degrees", [20.0, 55.0, 100.0])
def test_it_goes_on_from_a_lid_that_someone_else_moved(environment, degrees):
    expert = begin(environment, seed=1, angle=math.radians(degrees))
    assert finish(environment, expert)


def test_a_lid_that_closes_again_is_opened_again(environment):
    task, data = environment.task, environment.arm.data
    expert = begin(environment, seed=2)
    closed_at = []

    def close_once():
        height = environment.arm.read_state().pose.position[2]
        is_up = height > task.find_knob(data)[2] + 0.01
        if not closed_at and is_up and task.find_angle(data) > task.config.free_angle:
            turn_lid(environment, 0.0)
            closed_at.append(data.time)

    assert finish(environment, expert, close_once)
    assert closed_at
    assert task.find_angle(data) > task.config.free_angle


def test_what_remains_falls_while_it_works(environment):
    task, arm = environment.task, environment.arm
    expert = begin(environment, seed=3)
    remaining = [task.measure_remaining(arm.data, arm.read_state())]

    def measure():
        remaining.append(task.measure_remaining(arm.data, arm.read_state()))

    assert finish(environment, expert, measure)
    assert np.diff(remaining).max() < 0.01  # it rises only as far as the hand moves in one action
    assert remaining[-1] == min(remaining)
