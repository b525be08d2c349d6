"""An operator commands only while fresh commands come; nothing is left standing."""

import numpy as np
import pytest
from tests.hardware.franka.safety.conftest import Rig, make_state, twist

from untether_hardware.safety.modes import Mode, Source
from untether_hardware.safety.verdict import InterveneCode

FORWARD = twist((0.1, 0.0, 0.0))


@pytest.fixture
def held(rig):
    """A rig whose operator has just sent a command."""
    assert rig.stage.arm(rig.now).granted
    rig.take_over(FORWARD)
    rig.run(0.01)
    rig.send(Source.OPERATOR, FORWARD)
    assert rig.stage.mode is Mode.INTERVENTION
    return rig


def time_to_hand_back(rig, gap=0.01, resend=None):
    """Return how long an operator without fresh commands keeps control [s]."""
    since = rig.now
    while rig.stage.mode is Mode.INTERVENTION:
        assert rig.now - since < 1.0
        rig.now += gap
        rig.stage.observe_state(rig.now, make_state(rig.now))
        rig._keep(rig.stage.tick(rig.now))
        if resend is not None:
            rig._keep(rig.stage.command(rig.now, Source.OPERATOR, *resend))
    return rig.now - since


def test_silence_hands_back_within_its_timeout_and_the_arm_is_held(held):
    assert time_to_hand_back(held) <= held.config.operator_timeout + 0.011
    assert held.stage.mode is Mode.STANDBY
    held.run(0.1)
    assert np.abs(held.sent[-1].pose.position - make_state(0.0).pose.position).max() < 1e-6
    assert held.sent[-1].source is Source.FALLBACK


@pytest.mark.parametrize("gap", [0.1, 0.15, 0.2, 0.24])
def test_a_loop_that_stands_still_does_not_lengthen_it(held, gap):
    assert time_to_hand_back(held, gap) <= held.config.operator_timeout + 0.5 * gap + 1e-6
    assert held.stage.mode is Mode.STANDBY


def test_a_device_that_repeats_its_last_command_is_silent(held):
    resend = (held.now, FORWARD)
    assert time_to_hand_back(held, resend=resend) <= held.config.operator_timeout + 0.011


def test_two_commands_to_one_state_are_both_used(held):
    for _ in range(2):
        before = len(held.sent)
        held.send(Source.OPERATOR, FORWARD)
        assert len(held.sent) == before + 1


def test_a_policy_that_repeats_its_last_command_is_held_and_trips(rig):
    rig.start_policy(FORWARD)
    rig.send(Source.POLICY, FORWARD)
    stamp, since = rig.now, rig.now
    while rig.now - since < rig.config.command_timeout + 0.05:
        rig.run(0.01)
        setpoint = rig.stage.command(rig.now, Source.POLICY, stamp, FORWARD)
        assert setpoint is None or rig.now - since <= rig.config.command_late + 0.011
    assert rig.stage.mode is Mode.FAULT


def test_after_the_clock_went_back_an_old_command_does_not_take_over():
    rig = Rig()
    assert rig.stage.arm(rig.now).granted
    rig.send(Source.OPERATOR, FORWARD)
    rig.now -= 50.0
    rig.run(0.2)
    assert rig.stage.intervene(rig.now, True).error_code == InterveneCode.NO_COMMAND


def test_who_sends_nothing_cannot_take_over(rig):
    assert rig.stage.arm(rig.now).granted
    assert rig.stage.intervene(rig.now, True).error_code == InterveneCode.NO_COMMAND
