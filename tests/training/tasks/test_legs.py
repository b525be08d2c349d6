"""Legs: time, stay, success, tally."""

import torch

from untether_training.tasks.legs import LegClock, LegTally


def test_time_is_up_after_the_given_steps():
    clock = LegClock(2, hold_steps=5)
    clock.begin(torch.tensor([0, 1]), torch.tensor([2, 3]))
    nobody = torch.zeros(2, dtype=torch.bool)
    assert clock.advance(nobody).tolist() == [False, False]
    assert clock.advance(nobody).tolist() == [True, False]
    clock.begin(torch.tensor([0]), torch.tensor([4]))
    assert clock.advance(nobody).tolist() == [False, True]


def test_success_is_a_stay_without_a_break_and_lasts_for_the_leg():
    clock = LegClock(1, hold_steps=2)
    clock.begin(torch.tensor([0]), torch.tensor([9]))
    stays = [True, False, True, True, False]
    succeeded = []
    for near in stays:
        clock.advance(torch.tensor([near]))
        succeeded.append(bool(clock.succeeded))
    assert succeeded == [False, False, False, True, True]
    clock.begin(torch.tensor([0]), torch.tensor([9]))
    assert not clock.succeeded
    assert clock.held == 0


def test_tally_counts_a_crash_after_success_as_a_crash():
    tally = LegTally()
    tally.add(torch.tensor([True, True, False]), torch.tensor([False, True, False]))
    assert (tally.legs, tally.succeeded, tally.crashed) == (3, 1, 1)


def test_clock_is_taken_over():
    clock, other = LegClock(1, 2), LegClock(1, 2)
    clock.begin(torch.tensor([0]), torch.tensor([9]))
    clock.advance(torch.tensor([True]))
    other.load_state_dict(clock.state_dict())
    clock.advance(torch.tensor([False]))
    assert other.advance(torch.tensor([True])).item() is False
    assert other.succeeded
    assert not clock.succeeded
