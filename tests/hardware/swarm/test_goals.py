"""Goals that move: what they keep to, and that they are drawn as in training."""

import numpy as np
import pytest

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.goals import JumpingGoal, PursuedGoal, SwappedGoals

DRONES, PERIOD = 5, 0.01


@pytest.fixture
def columns():
    return Columns.sample(0.2, 0.6, np.random.default_rng(3))


def record(goals, duration):
    """Return the goals at every control period, (samples, drones, 3) [m] map."""
    places = [goals.position.copy()]
    for _ in range(round(duration / PERIOD)):
        goals.advance(PERIOD)
        places.append(goals.position.copy())
    return np.array(places)


def count_changes(places):
    """Return the times between two changes [s]."""
    changed = np.flatnonzero(np.any(np.diff(places, axis=0) != 0.0, axis=(1, 2)))
    return np.diff(np.concatenate([[-1], changed])) * PERIOD


@pytest.mark.parametrize("kind", [SwappedGoals, JumpingGoal])
def test_goals_change_every_four_to_six_seconds(columns, kind):
    times = count_changes(record(kind(columns, DRONES, np.random.default_rng(0)), 100.0))
    assert len(times) > 15
    assert np.all((times > 3.98) & (times < 6.02))
    assert np.ptp(times) > 0.5


def test_a_jump_is_bounded_and_ends_in_a_free_cell_for_all(columns):
    places = record(JumpingGoal(columns, DRONES, np.random.default_rng(1)), 100.0)
    assert np.all(places == places[:, :1])
    jumps = np.linalg.norm(np.diff(places[:, 0], axis=0), axis=1)
    assert 2.0 < jumps.max() < 4.0
    free = {tuple(cell) for cell in columns.free_cells}
    assert {tuple(place) for place in places[:, 0, :2]} <= free
    assert np.all((places[..., 2] >= 1.0) & (places[..., 2] <= 3.0))


def test_a_pursued_goal_moves_smoothly_from_free_cell_to_free_cell(columns):
    places = record(PursuedGoal(columns, DRONES, np.random.default_rng(2)), 60.0)
    assert np.all(places == places[:, :1])
    goal = places[:, 0]
    steps = np.linalg.norm(np.diff(goal, axis=0), axis=1)
    assert steps.max() < 0.06
    ends = goal[:: round(6.01 / PERIOD), None, :2]  # a curve ends with the period after 6 s
    assert np.linalg.norm(ends - columns.free_cells, axis=2).min(axis=1).max() < 0.06


def test_the_same_seed_gives_the_same_goals(columns):
    for kind in (JumpingGoal, PursuedGoal):
        first, second = (record(kind(columns, 2, np.random.default_rng(7)), 13.0) for _ in range(2))
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first[0], first[-1])
