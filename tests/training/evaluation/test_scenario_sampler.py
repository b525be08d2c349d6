"""Starts and goals come from the task, fit the seed, and can be survived."""

import numpy as np
import pytest
import torch

from untether_training.dynamics.state import QuadrotorState
from untether_training.evaluation.criteria import CRITERIA
from untether_training.evaluation.scenario_sampler import can_recover, sample_scenario


@pytest.mark.parametrize("task", CRITERIA)
def test_every_task_gives_starts_and_goals(task):
    scenario = sample_scenario(task, 40, seed=3, legs=3)
    assert scenario.count == 40
    assert np.linalg.norm(scenario.orientation, axis=1) == pytest.approx(np.ones(40), abs=1e-5)
    assert ((scenario.rotor_thrust >= 0) & (scenario.rotor_thrust <= 1)).all()
    assert (scenario.goal_position[..., 2] > 0.1).all()
    assert scenario.moving is (task == "figure_eight")
    if scenario.moving:
        ticks = CRITERIA[task].time_limit * 100
        assert len(scenario.goal_position) > ticks
        change = np.diff(scenario.goal_position, axis=0) * 100  # [m/s]
        assert change == pytest.approx(scenario.goal_velocity[:-1], abs=0.1)


def test_waypoint_flights_visit_different_goals():
    goals = sample_scenario("waypoint", 10, seed=3, legs=3).goal_position
    assert goals.shape == (3, 10, 3)
    assert (np.linalg.norm(np.diff(goals, axis=0), axis=2) > 1e-3).all()


def test_the_seed_decides():
    first, again, other = (sample_scenario("waypoint", 20, seed=seed, legs=2) for seed in (1, 1, 2))
    assert (first.position == again.position).all()
    assert (first.goal_position == again.goal_position).all()
    assert (first.position != other.position).any()


def test_a_part_holds_the_same_flights():
    scenario = sample_scenario("waypoint", 10, seed=1, legs=2)
    part = scenario.part(4, 7)
    leg = np.array([0, 1, 1])
    whole = np.zeros(10, int)
    whole[4:7] = leg
    assert part.count == 3
    assert (part.position == scenario.position[4:7]).all()
    assert (part.goals(0, leg)[0] == scenario.goals(0, whole)[0][4:7]).all()


def falling(height, sinking, upside_down=False):
    state = QuadrotorState.at_rest(1)
    state.position[2] = height
    state.linear_velocity[2] = -sinking
    if upside_down:
        state.orientation[:, 0] = torch.tensor([1.0, 0.0, 0.0, 0.0])
    return bool(can_recover(state))


def test_hopeless_starts_are_told_from_survivable_ones():
    assert falling(0.02, 0.0)  # stands on the floor
    assert falling(0.4, 0.0)
    assert falling(2.0, 2.0)
    assert falling(2.5, 0.0, upside_down=True)
    assert not falling(0.4, 2.0)
    assert not falling(0.6, 0.0, upside_down=True)
