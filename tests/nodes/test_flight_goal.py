from dataclasses import replace
from math import inf, nan

import pytest

from untether_nodes.flight_goal import FlightGoal, GoalProgress, Task, find_fault

GOAL = FlightGoal(
    task=Task.POSITION,
    position=(1.0, 0.0, 1.0),
    tolerance=0.1,
    hold_time=0.5,
    max_duration=3.0,
    period=4.0,
    size=0.5,
    land_after=False,
)
LOWER, UPPER = (-2.0, -2.0, 0.3), (2.0, 2.0, 2.5)
START = 100.0
AT_GOAL, FAR = (1.05, 0.0, 1.0), (0.0, 0.0, 1.0)


def fly(progress, positions, begin=START, period=0.1):
    """Feed positions at a fixed rate; return the time of the last one."""
    for index, position in enumerate(positions):
        progress.update(begin + index * period, position)
    return begin + (len(positions) - 1) * period


def test_a_position_is_reached_after_the_hold_time_within_the_tolerance():
    progress = GoalProgress(GOAL)
    fly(progress, [FAR] * 5 + [AT_GOAL] * 5)
    assert not progress.reached
    fly(progress, [AT_GOAL] * 2, begin=START + 1.0)
    assert progress.reached
    assert progress.mean_error == pytest.approx(0.05)
    assert progress.elapsed == pytest.approx(1.1)


def test_leaving_the_tolerance_starts_the_hold_time_again():
    progress = GoalProgress(GOAL)
    fly(progress, [AT_GOAL] * 4 + [FAR] + [AT_GOAL] * 5)
    assert not progress.reached


def test_a_position_that_is_not_reached_in_time_is_overdue():
    progress = GoalProgress(GOAL)
    fly(progress, [FAR] * 31)
    assert not progress.overdue
    progress.update(START + 3.1, FAR)
    assert progress.overdue and not progress.reached


def test_a_hover_ends_after_its_duration_and_counts_errors_after_it_has_settled():
    progress = GoalProgress(replace(GOAL, task=Task.HOVER, max_duration=5.0))
    fly(progress, [FAR] * 20)
    assert progress.mean_error == 0.0
    fly(progress, [AT_GOAL] * 31, begin=START + 2.0)
    assert progress.reached and not progress.overdue
    assert progress.mean_error == pytest.approx(0.05)


def test_a_figure_eight_moves_its_setpoint_and_stops_it_at_the_end():
    goal = replace(GOAL, task=Task.FIGURE_EIGHT, max_duration=8.0)
    progress = GoalProgress(goal)
    assert progress.setpoint(START).position == goal.position
    assert progress.setpoint(START + 1.0).position == pytest.approx((1.5, 0.0, 1.0))
    assert progress.setpoint(START + 1.0).linear_velocity != (0.0, 0.0, 0.0)
    assert progress.setpoint(START + 9.0) == progress.setpoint(START + 8.0)


def test_a_figure_eight_counts_errors_after_the_first_lap():
    progress = GoalProgress(replace(GOAL, task=Task.FIGURE_EIGHT, max_duration=12.0))
    for tick in range(121):
        stamp = START + 0.1 * tick
        x, y, z = progress.setpoint(stamp).position
        progress.update(stamp, (x, y, z + (1.0 if tick < 40 else 0.02)))
    assert progress.reached
    assert progress.mean_error == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"position": (nan, 0.0, 1.0)}, "finite"),
        ({"position": (inf, 0.0, 1.0)}, "finite"),
        ({"position": (2.1, 0.0, 1.0)}, "goal x"),
        ({"position": (0.0, 0.0, 0.1)}, "goal z"),
        ({"task": Task.FIGURE_EIGHT, "position": (1.8, 0.0, 1.0)}, "goal x"),
        ({"tolerance": nan}, "tolerance"),
        ({"hold_time": -1.0}, "hold_time"),
        ({"max_duration": inf}, "max_duration"),
    ],
)
def test_a_bad_goal_is_named(changes, word):
    assert word in find_fault(replace(GOAL, **changes), LOWER, UPPER)


def test_a_good_goal_has_no_fault():
    assert find_fault(GOAL, LOWER, UPPER) == ""
