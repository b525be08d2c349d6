import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.processor_time import count_references

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.distance_field import FARTHEST, POINTS, measure_distances
from untether_hardware.swarm.nearest_columns import ABSENT as NO_COLUMN
from untether_hardware.swarm.nearest_columns import find_nearest_columns
from untether_hardware.swarm.neighbours import ABSENT, select_neighbours


def test_a_column_to_the_east_is_nearer_at_the_eastern_points():
    columns = Columns(np.array([[1.0, 0.0]]), np.array([0.3]))
    field = dict(
        zip(POINTS, measure_distances(np.array([[0.0, 0.0, 1.5]]), columns)[0], strict=True)
    )
    assert field["x0_y0"] == pytest.approx(0.7)
    assert field["xp_y0"] == pytest.approx(0.6)
    assert field["xm_y0"] == pytest.approx(0.8)
    assert field["x0_yp"] == pytest.approx(np.hypot(1.0, 0.1) - 0.3)
    assert field["xp_ym"] == pytest.approx(np.hypot(0.9, 0.1) - 0.3)


def test_the_nearest_surface_counts_not_the_nearest_axis():
    columns = Columns(np.array([[1.0, 0.0], [-1.2, 0.0]]), np.array([0.1, 0.5]))
    assert measure_distances(np.zeros((1, 3)), columns)[0, 4] == pytest.approx(0.7)


def test_distance_is_negative_inside_and_far_without_columns(empty):
    inside = Columns(np.array([[0.0, 0.0]]), np.array([0.3]))
    assert measure_distances(np.zeros((1, 3)), inside)[0, 4] == pytest.approx(-0.3)
    assert np.all(measure_distances(np.zeros((2, 3)), empty) == FARTHEST)
    assert np.all(measure_distances(np.full((2, 3), 1e4), inside) == FARTHEST)


def test_the_column_whose_surface_is_nearest_comes_first():
    columns = Columns(np.array([[1.0, 0.0], [-1.2, 0.0], [3.0, 0.0]]), np.array([0.1, 0.5, 0.3]))
    places, radii = find_nearest_columns(np.array([[0.0, 0.5, 1.0]]), columns, 2)
    assert places[0].tolist() == [[-1.2, -0.5], [1.0, -0.5]]
    assert radii[0].tolist() == [0.5, 0.1]


def test_a_column_that_is_not_there_is_far_and_has_no_radius(empty):
    one = Columns(np.array([[1.0, 0.0]]), np.array([0.3]))
    for columns, position in ((empty, 0.0), (one, 1e4)):
        places, radii = find_nearest_columns(np.full((1, 3), position), columns, 2)
        assert np.all(places == NO_COLUMN)
        assert np.all(radii == 0.0)
    places, radii = find_nearest_columns(np.zeros((1, 3)), one, 2)
    assert places[0].tolist() == [[1.0, 0.0], [NO_COLUMN, NO_COLUMN]]
    assert radii[0].tolist() == [0.3, 0.0]


def test_who_comes_fast_goes_before_who_is_near_but_leaves():
    position = np.array([(0, 0, 0), (1.0, 0, 0), (0, 1.5, 0)])
    velocity = np.array([(0, 0, 0), (0.5, 0, 0), (0, -1.0, 0)])
    apart, moving = select_neighbours(position, velocity, 2)
    # Urgency: 1.0 + 0.5 for the one that leaves, 1.5 - 1.0 for the one that comes.
    assert apart[0].tolist() == [[0.0, 1.5, 0.0], [1.0, 0.0, 0.0]]
    assert moving[0].tolist() == [[0.0, -1.0, 0.0], [0.5, 0.0, 0.0]]


def test_who_is_not_there_is_far_away_and_at_rest():
    position = np.array([(0.0, 0, 0), (1, 0, 0)])
    apart, moving = select_neighbours(position, position, 3)
    assert np.all(apart[:, 1:] == ABSENT)
    assert np.all(moving[:, 1:] == 0.0)
    assert apart[:, 0].tolist() == [[1, 0, 0], [-1, 0, 0]]
    alone, still = select_neighbours(np.zeros((1, 3)), np.zeros((1, 3)), 2)
    assert np.all(alone == ABSENT)
    assert np.all(still == 0.0)
    none, _ = select_neighbours(position, position, 0)
    assert none.shape == (2, 0, 3)


@given(seed=st.integers(0, 10_000), drones=st.integers(2, 9), count=st.integers(1, 4))
def test_the_most_urgent_come_first_whatever_the_swarm(seed, drones, count):
    generator = np.random.default_rng(seed)
    position, velocity = generator.standard_normal((2, drones, 3))
    apart, moving = select_neighbours(position, velocity, count)
    for drone in range(drones):
        away = np.delete(position, drone, axis=0) - position[drone]
        motion = np.delete(velocity, drone, axis=0) - velocity[drone]
        distance = np.linalg.norm(away, axis=1)
        order = np.argsort(distance + (away * motion).sum(axis=1) / distance)[:count]
        assert apart[drone, : len(order)] == pytest.approx(away[order])
        assert moving[drone, : len(order)] == pytest.approx(motion[order])


def test_coincident_drones_give_finite_numbers():
    apart, moving = select_neighbours(np.zeros((3, 3)), np.zeros((3, 3)), 2)
    assert np.isfinite(apart).all()
    assert np.isfinite(moving).all()


def test_thirty_two_drones_see_in_a_small_part_of_the_control_period():
    generator = np.random.default_rng(0)
    columns = Columns.sample(0.8, 0.6, generator)
    position, velocity = generator.uniform(-4, 4, (2, 32, 3))

    def see():
        measure_distances(position, columns)
        select_neighbours(position, velocity, 2)

    assert count_references(see, 20) < 50
