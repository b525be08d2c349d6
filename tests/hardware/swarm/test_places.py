import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.goals import SwappedGoals, random_goals, shared_goal
from untether_hardware.swarm.places import find_clearing, sample_free


def spread(points):
    """Least distance between two points [m]."""
    apart = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(apart, np.inf)
    return apart.min()


@given(seed=st.integers(0, 1000), density=st.floats(0.0, 0.9), count=st.integers(2, 40))
def test_free_places_keep_away_from_columns_and_from_each_other(seed, density, count):
    generator = np.random.default_rng(seed)
    columns = Columns.sample(density, 0.6, generator)
    places = sample_free(columns, count, generator)
    assert places.shape == (count, 3)
    assert np.all((places[:, 2] >= 1.0) & (places[:, 2] <= 3.0))
    if len(columns.radius):
        away = np.linalg.norm(places[:, None, :2] - columns.centre, axis=2)
        assert away.min() >= 0.99
    layers = -(-count // len(columns.free_cells))
    assert spread(places) > 0.59 * 2.0 / layers * 0.5


def test_full_room_has_no_free_place():
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="Fix: use fewer columns"):
        sample_free(Columns.sample(1.0, 0.6, generator), 3, generator)


@given(seed=st.integers(0, 1000), density=st.floats(0.05, 1.0))
def test_the_clearing_is_the_largest_square_without_columns(seed, density):
    generator = np.random.default_rng(seed)
    columns = Columns.sample(density, 0.6, generator)
    centre, width = find_clearing(columns, generator)
    inside = np.all(np.abs(columns.centre - centre) < 0.5 * width, axis=1)
    assert not inside.any()
    side = int(width) + 1
    for corner in np.ndindex(9 - side, 9 - side):
        middle = np.asarray(corner) + 0.5 * side - 4.0
        assert np.all(np.abs(columns.centre - middle) < 0.5 * side, axis=1).any()


def test_random_goals_are_free_places_of_their_own():
    columns = Columns.sample(0.2, 0.6, np.random.default_rng(1))
    goals = random_goals(columns, 8, np.random.default_rng(2))
    assert goals.radius == 0.5
    assert spread(goals.position) >= 1.0


def test_shared_goal_is_the_clearing_for_all():
    columns = Columns.sample(0.2, 0.6, np.random.default_rng(1))
    goals = shared_goal(columns, 8, np.random.default_rng(2))
    assert goals.radius == 1.0
    assert np.ptp(goals.position, axis=0).tolist() == [0.0, 0.0, 0.0]
    assert 1.5 <= goals.position[0, 2] <= 3.0
    assert np.linalg.norm(columns.centre - goals.position[0, :2], axis=1).min() > 1.0


def test_swapped_goals_are_a_circle_that_is_shuffled_every_few_seconds():
    columns = Columns.sample(0.2, 0.6, np.random.default_rng(1))
    goals = SwappedGoals(columns, 8, np.random.default_rng(2))
    first = goals.position.copy()
    assert spread(first) == pytest.approx(0.5)
    changes, before = [], first
    for tick in range(1, 2001):
        goals.advance(0.01)
        if not np.array_equal(goals.position, before):
            changes.append(0.01 * tick)
            before = goals.position.copy()
    assert np.all(np.diff([0.0, *changes]) >= 3.99)
    assert np.all(np.diff([0.0, *changes]) <= 6.02)
    assert len(changes) >= 3
    assert sorted(before.tolist()) == sorted(first.tolist())


def test_one_drone_has_its_circle_at_the_clearing():
    columns = Columns.sample(0.2, 0.6, np.random.default_rng(1))
    assert SwappedGoals(columns, 1, np.random.default_rng(2)).position.shape == (1, 3)
