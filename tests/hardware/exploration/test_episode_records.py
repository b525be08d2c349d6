"""An episode becomes records once each, with what ended it kept apart."""

import numpy as np
import pytest

from untether_hardware.actor_learner.record import (
    EpisodeBegin,
    EpisodeLabel,
    Label,
    Transition,
    kinds_after,
)
from untether_hardware.datasets.features import Commander
from untether_hardware.exploration.episode_records import EpisodeRecords
from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.twist import STILL, ToolTwist
from untether_hardware.manipulation.config import ManipulationConfig

CONFIG = ManipulationConfig()


def make(**options):
    known = {"action_size": 7, "penalty": -0.5, "closed": False} | options
    return EpisodeRecords(CONFIG, **known)


def see(number):
    return {"place": np.array([number], np.float32)}


def move(records, number, commander=Commander.POLICY, gripper=GripperCommand.STAY):
    x = 0.25 * (number % 4 + 1)
    twist = ToolTwist(np.array((x * CONFIG.translation_scale / CONFIG.period, 0, 0)), np.zeros(3))
    records.command(number / 10, commander, ToolTwist(twist.linear, twist.angular, gripper))


def act(records, count, commanders=(), start=0):
    """Observe and act, and return what came."""
    told = []
    for number in range(start, start + count):
        told += records.observe(number / 10, see(number))
        commander = commanders[number] if number < len(commanders) else Commander.POLICY
        move(records, number, commander)
    return told


def require_order(told):
    previous = None
    for record in told:
        assert isinstance(record, kinds_after(previous))
        previous = record


def test_each_step_is_told_once_with_what_was_done_and_seen_after_it():
    records = make()
    told = act(records, 3)
    told += records.finish(Label.FAILURE, 0.3, see(3))
    require_order(told)
    begin, *steps, label = told
    assert isinstance(begin, EpisodeBegin)
    assert not begin.demonstration
    assert begin.observation["place"] == 0
    assert [float(step.next_observation["place"][0]) for step in steps] == [1, 2, 3]
    np.testing.assert_allclose([step.action[0] for step in steps], (0.25, 0.5, 0.75), atol=1e-6)
    assert label == EpisodeLabel(Label.FAILURE)


@pytest.mark.parametrize("label", [Label.SUCCESS, Label.FAILURE])
def test_only_success_is_terminal_and_rewarded(label):
    records = make()
    act(records, 2)
    last, end = records.finish(label, 0.2, see(2))
    success = label is Label.SUCCESS
    assert (last.terminated, last.truncated) == (success, not success)
    assert last.reward == records.summary.total == float(success)
    assert end == EpisodeLabel(label)


def test_a_success_that_nobody_saw_the_end_of_is_still_told():
    records = make()
    act(records, 2)
    last, end = records.abandon(Label.SUCCESS)
    assert last.terminated
    assert (last.reward, float(last.action[0])) == (1.0, 0.5)
    assert end == EpisodeLabel(Label.SUCCESS)


def test_a_discarded_episode_is_told_as_such():
    records = make()
    act(records, 3)
    assert records.abandon(Label.DISCARD) == [EpisodeLabel(Label.DISCARD)]
    assert make().abandon(Label.DISCARD) == []


def test_an_episode_that_a_fault_ends_is_cut_off():
    records = make()
    act(records, 3)
    assert records.abandon(None) == []


def test_an_operator_s_steps_are_interventions():
    commanders = (Commander.POLICY, Commander.OPERATOR, Commander.FALLBACK, Commander.POLICY)
    records = make()
    _, *steps = act(records, 5, commanders)
    assert tuple(step.commander for step in steps) == commanders
    assert [step.intervention for step in steps] == [False, True, False, False]
    assert (records.summary.steps, records.summary.corrected) == (4, 1)


def test_a_gripper_that_changes_its_direction_costs_something():
    records = make()
    records.observe(0.0, see(0))
    move(records, 0, gripper=GripperCommand.CLOSE)
    (_, first) = (None, *records.observe(0.1, see(1)))
    move(records, 1, gripper=GripperCommand.CLOSE)
    (second,) = records.observe(0.2, see(2))
    assert (first.penalty, second.penalty) == (-0.5, 0.0)
    assert first.action[6] == -1.0


def test_a_policy_without_a_gripper_has_six_numbers():
    records = make(action_size=6)
    step = act(records, 2)[1]
    assert isinstance(step, Transition)
    assert step.action.shape == (6,)


def test_a_demonstration_is_told_only_once_it_is_a_success_and_from_where_it_begins():
    commanders = (Commander.FALLBACK, Commander.POLICY, *3 * (Commander.OPERATOR,))
    records = make(demonstration=True)
    assert act(records, 5, commanders) == []
    told = records.finish(Label.SUCCESS, 0.5, see(5))
    require_order(told)
    begin, *steps, label = told
    assert begin.demonstration
    assert begin.observation["place"] == 2
    assert len(steps) == 3
    assert not any(step.intervention for step in steps)
    assert all(step.commander is Commander.OPERATOR for step in steps)
    assert label == EpisodeLabel(Label.SUCCESS)


@pytest.mark.parametrize("label", [Label.FAILURE, Label.DISCARD, None])
def test_a_demonstration_that_fails_is_not_told(label):
    records = make(demonstration=True)
    act(records, 3, 3 * (Commander.OPERATOR,))
    assert records.finish(label, 0.3, see(3)) == []


def test_a_demonstration_in_which_nobody_commanded_is_none():
    records = make(demonstration=True)
    records.observe(0.0, see(0))
    records.command(0.0, Commander.POLICY, STILL)
    assert records.finish(Label.SUCCESS, 0.1, see(1)) == []
