"""Every order of goals, consent and modes, without ROS."""

import pytest
from untether_interfaces.action import RunPolicy

from untether_hardware.safety import Mode
from untether_nodes.flight_goal import FlightGoal, GoalCode, Task
from untether_nodes.flight_session import FlightSession

HERE, GOAL_POSITION, ASIDE = (0.0, 0.0, 0.8), (1.0, 0.0, 1.0), (0.5, 0.5, 1.0)  # [m] map
LONG_AGO, NOW = 10.0, 1_000.0  # [s]


def make_goal(**changes):
    fields = {
        "task": Task.POSITION,
        "position": GOAL_POSITION,
        "tolerance": 0.1,
        "hold_time": 0.5,
        "max_duration": 3.0,
        "period": 4.0,
        "size": 0.5,
        "land_after": False,
    }
    return FlightGoal(**{**fields, **changes})


def make_standing():
    """A session on an armed robot that has been asked for command."""
    session = FlightSession()
    session.change_mode(Mode.STANDBY, "armed", LONG_AGO)
    assert session.begin(make_goal())
    return session


def make_flying():
    session = make_standing()
    session.consent(NOW)
    assert session.change_mode(Mode.POLICY, "policy", NOW) is None
    return session


def test_the_codes_are_those_of_the_action():
    assert {code.name: code.value for code in GoalCode} == {
        code.name: getattr(RunPolicy.Result, code.name) for code in GoalCode
    }


def test_a_mode_that_comes_after_the_consent_is_waited_for():
    session = make_standing()
    session.consent(NOW)
    assert session.check_mode(NOW + 0.02) is None
    assert session.check_mode(NOW + 0.9) is None
    assert session.change_mode(Mode.POLICY, "policy", NOW + 0.95) is None
    assert session.check_mode(NOW + 60.0) is None
    assert session.flying


def test_a_mode_that_does_not_come_ends_the_goal():
    session = make_standing()
    assert session.check_mode(NOW) is None, "the safety stage has not answered yet"
    session.consent(NOW)
    ending = session.check_mode(NOW + 1.1)
    assert ending.code is GoalCode.NOT_ARMED
    assert not session.flying and not session.asking


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        (Mode.IDLE, GoalCode.NOT_ARMED),
        (Mode.FAULT, GoalCode.FAULT),
        (Mode.INTERVENTION, GoalCode.INTERVENTION),
        (None, GoalCode.NOT_ARMED),
    ],
)
def test_a_refusal_ends_the_goal_with_the_code_of_the_mode(mode, code):
    session = FlightSession(mode)
    session.begin(make_goal())
    ending = session.refuse("arm first")
    assert (ending.code, ending.text) == (code, "arm first")
    assert not session.flying


def test_a_mode_that_comes_before_the_consent_counts():
    session = make_standing()
    session.change_mode(Mode.POLICY, "policy", NOW)
    session.consent(NOW + 0.1)
    assert session.check_mode(NOW + 60.0) is None
    assert session.flying


def test_a_goal_that_follows_another_needs_no_consent():
    session = make_flying()
    assert not session.begin(make_goal(position=ASIDE))
    assert not session.asking
    assert session.setpoint(NOW, HERE).position == ASIDE


@pytest.mark.parametrize(
    ("mode", "code", "flies_on"),
    [
        (Mode.INTERVENTION, GoalCode.INTERVENTION, True),
        (Mode.FAULT, GoalCode.FAULT, False),
        (Mode.STANDBY, GoalCode.INTERVENTION, False),
        (Mode.IDLE, GoalCode.INTERVENTION, False),
    ],
)
def test_a_mode_other_than_policy_ends_the_goal(mode, code, flies_on):
    session = make_flying()
    ending = session.change_mode(mode, "why", NOW + 1.0)
    assert ending.code is code
    assert session.progress is None
    assert session.flying is flies_on


def test_the_policy_is_ready_to_hover_wherever_an_operator_hands_back():
    session = make_flying()
    session.change_mode(Mode.INTERVENTION, "the operator", NOW)
    assert session.setpoint(NOW, HERE).position == HERE
    assert session.setpoint(NOW, ASIDE).position == ASIDE
    session.change_mode(Mode.POLICY, "handed back", NOW)
    assert session.setpoint(NOW, HERE).position == ASIDE


def test_an_operator_may_fly_for_long_and_hand_back():
    session = make_flying()
    session.change_mode(Mode.INTERVENTION, "the operator", NOW)
    assert session.check_mode(NOW + 600.0) is None
    session.change_mode(Mode.STANDBY, "handed back", NOW + 600.0)
    assert session.check_mode(NOW + 600.5) is None
    assert session.flying


def test_a_goal_that_is_reached_is_hovered_at():
    session = make_flying()
    assert session.update(NOW, GOAL_POSITION) is None
    ending = session.update(NOW + 0.6, GOAL_POSITION)
    assert ending.code is GoalCode.NONE
    assert ending.progress.goal.position == GOAL_POSITION
    assert session.flying
    assert session.setpoint(NOW + 5.0, HERE).position == GOAL_POSITION


def test_a_goal_past_its_deadline_ends_in_a_hover_where_the_robot_is():
    session = make_flying()
    assert session.update(NOW, HERE) is None
    ending = session.update(NOW + 3.1, HERE)
    assert ending.code is GoalCode.DEADLINE
    assert "expected to stay within 0.1 m" in ending.text
    assert session.setpoint(NOW + 3.2, HERE).position == HERE
    assert session.setpoint(NOW + 3.3, ASIDE).position == HERE


def test_a_goal_that_is_cancelled_in_flight_hovers_here_and_on_the_ground_stays():
    flying, standing = make_flying(), make_standing()
    assert flying.cancel().code is standing.cancel().code is GoalCode.CANCELED
    assert flying.flying
    assert not standing.flying and not standing.asking


def test_a_hover_moves_where_it_is_told_to():
    session = make_flying()
    session.cancel()
    session.hover_at(ASIDE)
    assert session.setpoint(NOW, HERE).position == ASIDE


def test_a_flight_that_is_aborted_between_goals_has_no_ending():
    session = make_flying()
    session.cancel()
    assert session.abort(GoalCode.NO_POLICY, "deactivated") is None
    assert not session.flying
