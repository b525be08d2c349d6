"""What counts as done in a period is what the arm was told in it, whoever asked."""

import numpy as np
import pytest

from untether_hardware.datasets.features import Commander
from untether_hardware.exploration.done_action import DoneActions
from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.twist import STILL, ToolTwist
from untether_hardware.manipulation.config import ManipulationConfig

CONFIG = ManipulationConfig(period=0.1, translation_scale=0.02, rotation_scale=0.05)


def make(closed=False):
    return DoneActions(CONFIG, closed=closed)


def twist(x, gripper=GripperCommand.STAY):
    """A twist that is x of what an action may ask for, along the first axis."""
    return ToolTwist(np.array((0.2 * x, 0.0, 0.0)), np.array((0.0, 0.5 * x, 0.0)), gripper)


def test_a_policy_s_command_counts_for_the_period_of_the_pictures_that_it_answers():
    actions = make()
    actions.add(1.01, Commander.FALLBACK, STILL)  # while the policy still computes
    actions.add(1.0, Commander.POLICY, twist(0.5))
    actions.add(1.1, Commander.POLICY, twist(-1.0))
    first, second = actions.take(1.0, 1.1), actions.take(1.1, 1.2)
    np.testing.assert_allclose(first.action, (0.5, 0, 0, 0, 0.5, 0, 0), atol=1e-6)
    np.testing.assert_allclose(second.action, (-1, 0, 0, 0, -1, 0, 0), atol=1e-6)
    assert first.commander is second.commander is Commander.POLICY


def test_several_commands_of_an_operator_count_by_their_time():
    actions = make()
    actions.add(1.0, Commander.OPERATOR, twist(1.0))
    actions.add(1.04, Commander.OPERATOR, twist(0.5))
    done = actions.take(1.0, 1.1)
    assert done.action[0] == pytest.approx(0.4 * 1.0 + 0.6 * 0.5)
    assert done.commander is Commander.OPERATOR


def test_what_answers_an_older_state_but_comes_later_takes_the_place_of_what_was_told():
    actions = make()
    actions.add(1.06, Commander.OPERATOR, twist(1.0))
    actions.add(1.02, Commander.OPERATOR, twist(0.5))
    assert actions.take(1.0, 1.1).action[0] == pytest.approx(0.8 * 0.5)


def test_whoever_commands_for_most_of_a_period_did_it():
    actions = make()
    actions.add(1.0, Commander.POLICY, twist(1.0))
    actions.add(1.03, Commander.OPERATOR, twist(-1.0))
    done = actions.take(1.0, 1.1)
    assert done.commander is Commander.OPERATOR
    assert done.action[0] == pytest.approx(0.3 - 0.7)


def test_what_was_told_before_goes_on_until_something_else_is_told():
    actions = make()
    actions.add(1.05, Commander.OPERATOR, twist(1.0))
    actions.take(1.0, 1.1)
    actions.add(1.15, Commander.OPERATOR, twist(0.0))
    assert actions.take(1.1, 1.2).action[0] == pytest.approx(0.5)
    done = actions.take(1.2, 1.3)
    assert done.action[0] == 0.0
    assert done.commander is Commander.OPERATOR


def test_an_operator_who_is_faster_than_a_policy_counts_as_the_fastest_policy():
    actions = make()
    actions.add(1.0, Commander.OPERATOR, twist(3.0))
    assert actions.take(1.0, 1.1).action[0] == 1.0


def test_the_gripper_toggles_only_when_its_direction_changes():
    actions = make(closed=False)
    told = (GripperCommand.OPEN, GripperCommand.CLOSE, GripperCommand.STAY, GripperCommand.CLOSE)
    toggled, commands = [], []
    for period, gripper in enumerate(told):
        actions.add(period / 10, Commander.POLICY, twist(0.0, gripper))
        done = actions.take(period / 10, (period + 1) / 10)
        toggled.append(done.toggled)
        commands.append(done.action[6])
    assert toggled == [False, True, False, False]
    assert commands == [1.0, -1.0, 0.0, -1.0]


def test_nobody_commands_before_the_first_setpoint():
    done = make().take(1.0, 1.1)
    assert done.commander is Commander.NONE
    assert not done.action.any()
