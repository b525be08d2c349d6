"""Reward terms, computed by hand."""

import math

import pytest
import torch

from untether_training.tasks import rewards

ERROR = torch.tensor([[3.0, 0.0], [0.0, 0.0], [4.0, 0.1]])  # (3, 2) [m]: 5 m and 0.1 m away


def test_distance_is_limited():
    assert rewards.distance(ERROR, 2.0).tolist() == pytest.approx([2.0, 0.1])


def test_nearness_is_half_at_the_radius():
    assert rewards.nearness(ERROR, 0.1).tolist() == pytest.approx([1.0 / 2501.0, 0.5])


def test_approach_wants_cruising_speed_far_away_and_little_near_by():
    calm = torch.tensor([[1.2, 0.0], [0.0, 0.0], [1.6, 0.3]])  # [m/s]: 2 m/s and 0.3 m/s
    assert rewards.approach_error(ERROR, calm, 3.0, 2.0).tolist() == pytest.approx([0.0, 0.0])
    still = torch.zeros(3, 2)
    assert rewards.approach_error(ERROR, still, 3.0, 2.0).tolist() == pytest.approx([4.0, 0.09])


def test_approach_at_the_goal_wants_rest():
    nothing, moving = torch.zeros(3, 1), torch.tensor([[0.0], [1.0], [0.0]])
    assert rewards.approach_error(nothing, moving, 2.0, 2.0).tolist() == [1.0]


def test_overspeed_counts_only_the_excess():
    velocity = torch.tensor([[3.0, 1.0], [4.0, 0.0], [0.0, 1.0]])  # 5 m/s and 1.4 m/s
    assert rewards.overspeed(velocity, 2.0).tolist() == [9.0, 0.0]


def test_spin_counts_yaw_more():
    rate = torch.tensor([[1.0], [2.0], [3.0]])
    assert rewards.spin(rate, 2.0).tolist() == [1.0 + 4.0 + 18.0]


def test_command_change_is_the_squared_step():
    now, before = torch.tensor([[0.5], [0.6], [0.7], [0.8]]), torch.full((4, 1), 0.5)
    assert rewards.command_change(now, before).item() == pytest.approx(0.01 + 0.04 + 0.09)


def test_excess_is_what_is_clipped_off_the_actions():
    action = torch.tensor([[2.5, -3.0, 1.0, 0.0], [0.0, 0.0, 2.0, -2.0]])
    assert rewards.excess(action, 2.0).tolist() == [1.5, 0.0]
    assert action[0, 1] == -3.0  # the action itself is left alone


def test_tilt_by_hand():
    half = torch.tensor([0.0, math.pi / 4, math.pi / 2])  # level, on the side, upside down
    orientation = torch.stack((half.sin(), torch.zeros(3), torch.zeros(3), half.cos()))
    assert rewards.tilt(orientation).tolist() == pytest.approx([0.0, 1.0, 2.0])


def test_progress_is_the_way_made_good_a_second_up_to_a_speed():
    error = torch.tensor([[2.0, 2.0, 2.0, 0.05], [0.0] * 4, [0.0] * 4])
    velocity = torch.tensor([[1.0, -1.0, 3.0, 1.0], [1.0, 0.0, 0.0, 0.0], [0.0] * 4])
    made_good = rewards.progress(error, velocity, speed=1.5, radius=0.1)
    assert made_good.tolist() == pytest.approx([1.0, -1.0, 1.5, 0.5])
