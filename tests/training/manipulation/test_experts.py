"""Every task has an expert, who does it mostly, and nearly always without errors."""

import numpy as np
import pytest

from untether_hardware.manipulation.registry import TASKS, make_task
from untether_training.manipulation.environment import ManipulationEnvironment
from untether_training.manipulation.experts import make_expert
from untether_training.manipulation.scripted_expert import ExpertSkill

PERFECT = ExpertSkill(position_error=0.0, action_noise=0.0, hesitation=0.0)


def count_successes(task, skill, episodes):
    environment = ManipulationEnvironment(make_task(task), images=False)
    expert = make_expert(environment, np.random.default_rng(0), skill)
    successes = 0
    for seed in range(episodes):
        environment.reset(seed=seed)
        expert.reset()
        ended = terminated = False
        while not ended:
            _, _, terminated, truncated, _ = environment.step(expert.act())
            ended = terminated or truncated
        successes += terminated
    return successes


@pytest.mark.parametrize("task", TASKS)
def test_errors_cost_successes(task):
    assert count_successes(task, PERFECT, 5) == 5
    assert 3 <= count_successes(task, None, 6) <= 6
    assert count_successes(task, ExpertSkill(position_error=0.2), 2) == 0


def test_a_fixed_gripper_stays_as_it_is_whatever_it_is_told():
    environment = ManipulationEnvironment(make_task("peg"), images=False)
    before, _ = environment.reset(seed=0)
    opening = np.append(np.zeros(6), 1.0).astype(np.float32)
    for _ in range(5):
        after, *_, info = environment.step(opening)
        assert not info["gripper_toggled"]
    assert abs(after["gripper_width"] - before["gripper_width"])[0] < 1e-3
