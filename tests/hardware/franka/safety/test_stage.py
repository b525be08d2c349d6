"""Whose twists reach the arm, and what is left of them."""

import numpy as np
import pytest
from tests.hardware.franka.safety.conftest import (
    HOME,
    Rig,
    make_contract,
    make_envelope,
    make_state,
    twist,
)

from untether_hardware.franka.description import FR3
from untether_hardware.franka.pose import Pose
from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.workspace import Workspace
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.safety.events import Guard
from untether_hardware.safety.modes import Mode, Source
from untether_hardware.safety.verdict import PolicyCode

FORWARD = twist((0.1, 0.0, 0.0))


def find_tool():
    return make_state(0.0).pose


def lead(setpoint):
    """Return how far a setpoint is from the tool, (3,) [m] tool."""
    tool = find_tool()
    return tool.rotation.T @ (setpoint.pose.position - tool.position)


def test_nothing_is_sent_before_the_arm_is_armed(rig):
    rig.run(0.5, commander=Source.POLICY, wanted=FORWARD)
    assert rig.sent == []
    assert rig.stage.mode is Mode.IDLE


def test_an_armed_arm_is_held_where_it_is(rig):
    assert rig.stage.arm(rig.now).granted
    rig.run(0.5)
    assert len(rig.sent) == pytest.approx(10, abs=1)
    for setpoint in rig.sent:
        assert np.abs(lead(setpoint)).max() < 1e-6
        assert setpoint.source is Source.FALLBACK


def test_a_policy_s_twist_becomes_a_setpoint_one_period_ahead(rig):
    rig.start_policy(twist((0.1, -0.05, 0.02), gripper=GripperCommand.CLOSE))
    last = rig.sent[-1]
    assert last.source is Source.POLICY
    assert lead(last) == pytest.approx([0.01, -0.005, 0.002], abs=1e-5)
    assert last.twist.gripper is GripperCommand.CLOSE
    assert rig.guards == set()


def test_a_new_commander_comes_in_gradually(rig):
    rig.start_policy(FORWARD)
    moving = [setpoint for setpoint in rig.sent if setpoint.source is Source.POLICY]
    shares = [lead(setpoint)[0] / 0.01 for setpoint in moving]
    assert shares[:4] == pytest.approx([1 / 3, 2 / 3, 1.0, 1.0], abs=0.02)


def test_speeds_are_clamped_to_their_limits_and_keep_their_direction(rig):
    assert rig.stage.arm(rig.now).granted
    rig.take_over(twist((3.0, 4.0, 0.0), (0.0, 0.0, -9.0)))
    last = rig.sent[-1]
    assert last.twist.linear == pytest.approx(rig.config.linear_speed * np.array([0.6, 0.8, 0.0]))
    assert last.twist.angular == pytest.approx([0.0, 0.0, -rig.config.angular_speed])
    assert rig.guards == {Guard.VALUE_LIMIT}
    assert rig.stage.mode is Mode.INTERVENTION


def test_a_policy_is_no_faster_than_its_contract_says(rig):
    task = ManipulationConfig()
    limit = task.translation_scale / task.period
    assert limit < rig.config.linear_speed
    rig.start_policy(twist((1.7 * limit, -0.5 * limit, 0.0)))
    assert rig.sent[-1].twist.linear == pytest.approx([limit, -0.5 * limit, 0.0])
    assert {(event.guard, event.element) for event in rig.events} == {
        (Guard.VALUE_LIMIT, "command_linear_velocity.x")
    }


def test_setpoints_end_at_the_workspace():
    tool = find_tool().position
    rig = Rig(Workspace(tuple(tool - 0.004), tuple(tool + 0.004)))
    rig.start_policy(twist((0.2, 0.2, 0.0)))
    assert np.abs(rig.sent[-1].pose.position - tool).max() <= 0.004 + 1e-9
    assert Guard.WORKSPACE in rig.guards


def test_what_presses_hard_is_not_pressed_harder(rig):
    tool = find_tool()
    rig.state = {"force": tool.rotation @ (0.0, 0.0, -35.0)}  # of a table under the tool
    rig.start_policy(twist((0.05, 0.0, 0.1)))
    assert lead(rig.sent[-1]) == pytest.approx([0.005, 0.0, 0.0], abs=1e-4)
    assert Guard.FORCE in rig.guards
    rig.run(0.3, commander=Source.POLICY, wanted=twist((0.0, 0.0, -0.1)))
    assert lead(rig.sent[-1]) == pytest.approx([0.0, 0.0, -0.01], abs=1e-4)  # away is allowed
    assert rig.stage.mode is Mode.POLICY


@pytest.mark.parametrize("load", [{"force": (0.0, 0.0, 105.0)}, {"torque": (16.0, 0.0, 0.0)}])
def test_too_much_force_trips(rig, load):
    rig.start_policy(FORWARD)
    rig.state = {name: np.array(value) for name, value in load.items()}
    rig.run(0.1, commander=Source.POLICY, wanted=FORWARD)
    assert (rig.stage.mode, rig.stage.fault) == (Mode.FAULT, Guard.FORCE)
    assert np.abs(lead(rig.sent[-1])).max() < 1e-6


def test_a_single_spike_of_force_does_not_trip(rig):
    rig.start_policy(FORWARD)
    rig.state = {"force": np.array([0.0, 0.0, 150.0])}
    rig.run(0.02, commander=Source.POLICY, wanted=FORWARD)
    rig.state = {}
    rig.run(0.3, commander=Source.POLICY, wanted=FORWARD)
    assert rig.stage.mode is Mode.POLICY


def test_a_joint_is_stopped_before_its_limit_and_may_come_back(rig):
    angles = HOME.copy()
    angles[5] = FR3.joints[5].upper - rig.config.joint_margin
    rig.state = {"joint_position": angles}
    turn = 0.3 * np.array([0.0, 1.0, 0.0])
    rig.start_policy(twist(angular=turn))
    one = rig.sent[-1].twist.angular
    rig.run(0.3, commander=Source.POLICY, wanted=twist(angular=-turn))
    other = rig.sent[-1].twist.angular
    assert sorted([np.linalg.norm(one), np.linalg.norm(other)]) == pytest.approx(
        [0.0, 0.3], abs=0.02
    )
    assert Guard.JOINT_LIMIT in rig.guards
    assert rig.stage.mode is Mode.POLICY


@pytest.mark.parametrize(
    "change",
    [
        {"joint_position": np.append(HOME[:6], FR3.joints[6].upper - 0.01)},
        {"joint_velocity": np.array([2.7, 0, 0, 0, 0, 0, 0])},
    ],
)
def test_a_joint_out_of_bounds_trips(rig, change):
    rig.start_policy(FORWARD)
    rig.state = change
    rig.run(0.05)
    assert (rig.stage.mode, rig.stage.fault) == (Mode.FAULT, Guard.JOINT_LIMIT)


@pytest.mark.parametrize(
    ("bad", "guard"),
    [
        (twist((np.nan, 0.0, 0.0)), Guard.NOT_FINITE),
        (twist((0.0, 0.0, 0.0), (0.0, np.inf, 0.0)), Guard.NOT_FINITE),
        (twist((0.1, 0.0)), Guard.COMMAND_MISMATCH),
        (twist((0.1, 0.0, 0.0), [[0.0, 0.0, 0.0]]), Guard.COMMAND_MISMATCH),
    ],
)
def test_a_policy_that_sends_nonsense_trips(rig, bad, guard):
    rig.start_policy(FORWARD)
    rig.send(Source.POLICY, bad)
    assert (rig.stage.mode, rig.stage.fault) == (Mode.FAULT, guard)


def test_a_silent_policy_is_held_and_then_trips(rig):
    rig.start_policy(FORWARD)
    rig.run(0.25)
    assert rig.stage.mode is Mode.POLICY
    assert np.abs(lead(rig.sent[-1])).max() < 1e-6
    rig.run(0.2)
    assert (rig.stage.mode, rig.stage.fault) == (Mode.FAULT, Guard.COMMAND_STALE)


def test_a_policy_that_never_begins_trips(rig):
    rig.start_policy()
    rig.run(1.9)
    assert rig.stage.mode is Mode.POLICY
    rig.run(0.2)
    assert rig.stage.fault is Guard.COMMAND_STALE


def test_answers_to_old_states_are_not_used(rig):
    rig.start_policy(FORWARD)
    before = len(rig.sent)
    rig.send(Source.POLICY, FORWARD, age=0.3)
    assert len(rig.sent) == before
    assert Guard.COMMAND_STALE in rig.guards


def test_lost_states_trip_within_their_timeout(rig):
    rig.start_policy(FORWARD)
    rig.run(0.15, states=False, commander=Source.POLICY, wanted=FORWARD)
    assert (rig.stage.mode, rig.stage.fault) == (Mode.FAULT, Guard.SENSOR_LOST)
    assert not rig.stage.reset_fault(rig.now).granted
    rig.run(0.1)
    assert rig.stage.reset_fault(rig.now).granted


def test_frozen_states_trip(rig):
    rig.start_policy(FORWARD)
    frozen = make_state(0.0)
    rig.state = {"joint_position": HOME, "joint_velocity": np.zeros(7)}
    for _ in range(12):
        rig.now += 0.01
        state = make_state(0.0)
        rig.stage.observe_state(rig.now, type(frozen)(**{**_fields(state), "stamp": rig.now}))
    assert (rig.stage.mode, rig.stage.fault) == (Mode.FAULT, Guard.SENSOR_FROZEN)


def _fields(state):
    return {name: getattr(state, name) for name in state.__slots__}


@pytest.mark.parametrize(
    "change",
    [
        {"force": np.full(3, np.nan)},
        {"joint_velocity": np.full(7, np.inf)},
        {"linear_velocity": np.zeros(2)},
        {"gripper_width": np.nan},
        {"pose": Pose(np.zeros(2), np.eye(3))},
        {"pose": Pose(np.zeros(3), np.zeros((3, 2)))},
        {"pose": Pose(np.full(3, np.nan), np.eye(3))},
        {"pose": Pose(np.zeros(3), np.diag([1.0, 1.0, -1.0]))},
    ],
)
def test_bad_states_count_as_none(rig, change):
    rig.start_policy(FORWARD)
    rig.state = change
    rig.run(0.15, commander=Source.POLICY, wanted=FORWARD)
    assert (rig.stage.mode, rig.stage.fault) == (Mode.FAULT, Guard.SENSOR_LOST)
    assert Guard.SENSOR_INVALID in rig.guards


def test_states_outside_the_envelope_trip_only_when_they_last():
    tool = find_tool().position
    inside = make_contract(make_envelope(tuple(tool - 0.1), tuple(tool + 0.1)))
    outside = make_contract(make_envelope(tuple(tool + 0.1), tuple(tool + 0.2)))
    for contract, fault in ((inside, Guard.NONE), (outside, Guard.ENVELOPE)):
        rig = Rig()
        rig.start_policy(FORWARD, contract)
        assert rig.stage.fault is fault
    rig = Rig()
    rig.start_policy(None, outside)
    rig.run(0.2, commander=Source.POLICY, wanted=FORWARD)
    assert rig.stage.fault is Guard.NONE


def test_somebody_else_who_commands_the_arm_trips(rig):
    rig.start_policy(FORWARD)
    rig.stage.observe_publishers(rig.now, 2)
    assert (rig.stage.mode, rig.stage.fault) == (Mode.FAULT, Guard.DUPLICATE_PUBLISHER)
    assert not rig.stage.reset_fault(rig.now).granted


def test_the_emergency_stop_holds_in_each_mode_and_latches(rig):
    rig.start_policy(FORWARD)
    rig.stage.emergency_stop(rig.now)
    rig.run(0.3, commander=Source.POLICY, wanted=FORWARD)
    assert (rig.stage.mode, rig.stage.fault) == (Mode.FAULT, Guard.OPERATOR_STOP)
    assert np.abs(lead(rig.sent[-1])).max() < 1e-6
    assert not rig.stage.arm(rig.now).granted
    assert rig.stage.reset_fault(rig.now).granted
    assert rig.stage.mode is Mode.IDLE


def test_an_operator_corrects_and_the_policy_goes_on(rig):
    rig.start_policy(FORWARD)
    rig.take_over(twist((0.0, 0.1, 0.0)))
    assert rig.stage.mode is Mode.INTERVENTION
    assert rig.sent[-1].source is Source.OPERATOR
    assert lead(rig.sent[-1]) == pytest.approx([0.0, 0.01, 0.0], abs=1e-5)
    assert rig.stage.intervene(rig.now, False).granted
    assert rig.stage.mode is Mode.POLICY
    rig.run(0.5, commander=Source.POLICY, wanted=FORWARD)
    assert lead(rig.sent[-1]) == pytest.approx([0.01, 0.0, 0.0], abs=1e-5)


def test_while_one_commands_the_other_does_not(rig):
    rig.start_policy(FORWARD)
    rig.take_over(twist((0.0, 0.1, 0.0)))
    before = len(rig.sent)
    rig.send(Source.POLICY, FORWARD)
    rig.send(Source.FALLBACK, FORWARD)
    rig.send(99, FORWARD)
    assert len(rig.sent) == before


def test_a_policy_of_another_robot_or_rate_is_refused(rig):
    assert rig.stage.arm(rig.now).granted
    verdict = rig.stage.select_policy(rig.now, make_contract(rate=50.0))
    assert verdict.error_code == PolicyCode.CONTRACT_REFUSED
    assert "10 Hz" in verdict.message
