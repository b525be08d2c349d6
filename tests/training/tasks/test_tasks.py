"""What is special of each task."""

import math
from dataclasses import replace

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.dynamics.quadrotor import body_up
from untether_training.tasks.figure_eight import FigureEightConfig
from untether_training.tasks.flight_reward import RewardConfig
from untether_training.tasks.hover import HoverConfig
from untether_training.tasks.registry import TASKS, build_task
from untether_training.tasks.task import TaskConfig
from untether_training.tasks.waypoint import WaypointConfig

COUNT = 1000
EVERYONE = torch.arange(COUNT)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", TASKS)
def test_registered_tasks_build_and_give_finite_rewards(name):
    task = build_task(name, COUNT, generator())
    state = task.sample_start(COUNT)
    task.set_goals(EVERYONE, state.position)
    command = torch.full((4, COUNT), 0.5)
    reward = task.reward(state, command, command)
    assert task.config.name == name
    assert torch.isfinite(reward).all()


def test_unknown_task_is_named():
    with pytest.raises(ValueError, match=r"expected one of waypoint, .*got 'loop'"):
        build_task("loop", 1, generator())


def test_the_base_of_all_tasks_cannot_be_built():
    with pytest.raises(NotImplementedError, match="choose one"):
        TaskConfig().build(CRAZYFLIE, 1, generator())


def test_reward_at_the_goal_by_hand():
    weights = RewardConfig(alive=1.0, nearness=2.0, spin=-0.5, yaw_weight=1.0, command_change=-3.0)
    config = replace(WaypointConfig(), reward=weights)
    task = config.build(CRAZYFLIE, 1, generator())
    state = task.sample_start(1)
    state.linear_velocity.zero_()
    state.angular_velocity.copy_(torch.tensor([[1.0], [0.0], [0.0]]))
    task.goal_position.copy_(state.position)
    command, previous = torch.full((4, 1), 0.6), torch.full((4, 1), 0.5)
    reward = task.reward(state, command, previous).item()
    assert reward == pytest.approx(1.0 + 2.0 - 0.5 - 3.0 * 4 * 0.01)


def test_reward_falls_with_distance_and_wrong_velocity():
    task = WaypointConfig().build(CRAZYFLIE, 3, generator())
    state = task.sample_start(3)
    state.angular_velocity.zero_()
    state.linear_velocity.zero_()
    state.position.zero_()
    task.goal_position.copy_(torch.tensor([[0.0, 0.5, 0.5], [0.0] * 3, [0.0] * 3]))
    state.linear_velocity[0, 2] = -1.0
    command = torch.full((4, 3), 0.5)
    at, near, away = task.reward(state, command, command).tolist()
    assert at > near > away


def test_waypoint_starts_on_the_floor_and_in_the_air():
    task = build_task("waypoint", COUNT, generator())
    start = task.sample_start(COUNT)
    standing = start.position[2] == CRAZYFLIE.rest_height
    assert 0.25 < standing.float().mean() < 0.35
    assert start.rotor_speed[:, standing].abs().max() == 0.0
    assert start.rotor_speed[:, ~standing].min() > 0.0


def test_waypoint_goals_are_in_the_flight_volume_and_change_only_for_those_named():
    task = build_task("waypoint", COUNT, generator())
    task.set_goals(EVERYONE, torch.zeros(3, COUNT))
    goal = task.goal_position.clone()
    assert goal[:2].abs().max() <= 2.0
    assert goal[2].min() >= 0.3
    assert goal[2].max() <= 2.5
    task.set_goals(torch.tensor([4]), torch.zeros(3, 1))
    changed = (task.goal_position != goal).any(0)
    assert changed.nonzero().flatten().tolist() == [4]
    task.advance(0.01)
    assert not (task.goal_position != goal).any(0)[:4].any()


def test_hover_throws_in_any_attitude_and_asks_to_stay():
    task = HoverConfig().build(CRAZYFLIE, COUNT, generator())
    start = task.sample_start(COUNT)
    task.set_goals(EVERYONE, start.position)
    assert body_up(start.orientation)[2].min() < -0.9
    assert 2.8 < start.linear_velocity.norm(dim=0).max() <= 3.0 + 1e-5
    assert torch.equal(task.goal_position, start.position)


@pytest.fixture
def eights():
    task = FigureEightConfig().build(CRAZYFLIE, COUNT, generator())
    start = task.sample_start(COUNT)
    task.set_goals(EVERYONE, start.position)
    return task, start


def test_figure_eight_velocity_is_the_derivative_of_the_position(eights):
    task, _ = eights
    position, velocity = task.goal_position.clone(), task.goal_velocity.clone()
    task.advance(1e-3)
    slope = (task.goal_position - position) / 1e-3
    torch.testing.assert_close(slope, velocity, atol=5e-3, rtol=0.0)


def test_figure_eight_closes_after_its_period_and_crosses_its_centre(eights):
    task, _ = eights
    position = task.goal_position.clone()
    period = 2.0 * math.pi / task.phase_rate
    low, high = task.config.period
    assert low <= period.min()
    assert period.max() <= high
    for _ in range(4):
        task.advance(1.0)
    task.phase.copy_(task.phase - 4.0 * task.phase_rate + 2.0 * math.pi)
    task.advance(0.0)
    torch.testing.assert_close(task.goal_position, position, atol=1e-4, rtol=0.0)
    task.phase.zero_()
    task.advance(0.0)
    torch.testing.assert_close(task.goal_position, task.centre, atol=1e-5, rtol=0.0)


def test_figure_eight_begins_near_the_drone_and_stays_in_the_room(eights):
    task, start = eights
    distance = (task.goal_position - start.position).abs()
    assert distance.median() < task.config.start_distance
    for _ in range(100):
        task.advance(0.1)
        assert task.goal_position[:2].abs().max() < 2.0
        assert task.goal_position[2].min() > 0.5
    assert task.goal_velocity.norm(dim=0).max() < 2.5
