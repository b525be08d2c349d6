"""Delayed commands: what reaches the motors, and when."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from untether_training.tasks.latency import CommandDelay


def told(delay: float, sent: list[float], before: float = 0.0) -> list[float]:
    """Return what the motors are told in each of two physics steps a command."""
    line = CommandDelay(1, 2, 2.5)
    line.reset(torch.tensor([0]), torch.tensor([delay]), torch.full((4, 1), before))
    steps = [step for value in sent for step in line.push(torch.full((4, 1), value))]
    return [step[0, 0].item() for step in steps]


def test_no_delay_passes_commands_on():
    assert told(0.0, [1.0, 2.0]) == [1.0, 1.0, 2.0, 2.0]


def test_half_a_period_is_one_physics_step():
    assert told(0.5, [1.0, 2.0]) == [0.0, 1.0, 1.0, 2.0]


def test_one_and_a_half_periods():
    assert told(1.5, [1.0, 2.0, 3.0], before=9.0) == [9.0, 9.0, 9.0, 1.0, 1.0, 2.0]


def test_a_quarter_of_a_period_mixes_within_a_step():
    assert told(0.25, [1.0, 3.0]) == pytest.approx([0.5, 1.0, 2.0, 3.0])


@given(st.floats(0.0, 2.5))
def test_shares_sum_to_one_and_delay_the_mean(delay):
    weights = CommandDelay(1, 2, 2.5)
    weights.reset(torch.tensor([0]), torch.tensor([delay]), torch.zeros(4, 1))
    assert weights.weights.sum(1).flatten().tolist() == pytest.approx([1.0, 1.0], abs=1e-5)
    # A ramp of one a period arrives late by the delay, but for the hold of half a period.
    steps = told(delay, [float(k) for k in range(8)])
    assert steps[-2] + steps[-1] == pytest.approx(2 * (7 - delay), abs=1e-4)


def test_each_drone_has_its_own_delay_and_reset_is_selective():
    line = CommandDelay(2, 2, 1.0)
    line.push(torch.ones(4, 2))
    line.reset(torch.tensor([1]), torch.tensor([1.0]), torch.full((4, 1), 5.0))
    first, _ = line.push(torch.full((4, 2), 2.0))
    assert first[0].tolist() == [2.0, 5.0]


def test_commands_in_flight_survive_a_copy():
    line, other = CommandDelay(1, 2, 2.0), CommandDelay(1, 2, 2.0)
    line.reset(torch.tensor([0]), torch.tensor([2.0]), torch.zeros(4, 1))
    line.push(torch.ones(4, 1))
    other.weights.copy_(line.weights)
    other.commands = line.commands
    for _ in range(3):
        assert torch.equal(line.push(torch.zeros(4, 1))[0], other.push(torch.zeros(4, 1))[0])
