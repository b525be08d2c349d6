import numpy as np
import pytest

from untether_hardware.swarm.columns import Columns


@pytest.mark.parametrize(("density", "count"), [(0.0, 0), (0.2, 12), (0.4, 25), (0.8, 51)])
def test_density_is_the_share_of_the_cells_with_a_column(density, count):
    columns = Columns.sample(density, 0.6, np.random.default_rng(1))
    assert columns.radius.tolist() == [0.3] * count
    assert len(np.unique(columns.centre, axis=0)) == count
    assert np.all((columns.centre + 3.5) % 1.0 == 0.0)
    assert np.all(np.abs(columns.centre) <= 3.5)


def test_cells_are_occupied_or_free():
    columns = Columns.sample(0.3, 0.6, np.random.default_rng(2))
    free = columns.free_cells
    assert columns.occupied.sum() == len(columns.radius) == 64 - len(free)
    both = np.concatenate([free, columns.centre])
    assert len(np.unique(both, axis=0)) == 64


def test_cells_run_along_x_then_y():
    columns = Columns(np.array([[-3.5, 2.5]]), np.array([0.3]))
    assert np.argwhere(columns.occupied).tolist() == [[0, 6]]


def test_columns_outside_of_the_cells_occupy_none():
    columns = Columns(np.array([[-4.5, 0.2], [0.2, 4.9]]), np.array([0.3, 0.2]))
    assert not columns.occupied.any()


def test_same_seed_gives_the_same_columns():
    first, second, other = (
        Columns.sample(0.4, 0.6, np.random.default_rng(seed)).centre for seed in (3, 3, 4)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_columns_cannot_be_changed():
    columns = Columns.sample(0.2, 0.6, np.random.default_rng(1))
    with pytest.raises(ValueError, match="read-only"):
        columns.centre[0] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        columns.radius[0] = 1.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Columns(np.array([[6.0, 0.0]]), np.array([0.3])),
        lambda: Columns(np.array([[0.0, np.nan]]), np.array([0.3])),
        lambda: Columns(np.array([[0.0, 0.0]]), np.array([0.3, 0.3])),
        lambda: Columns(np.array([[0.0, 0.0]]), np.array([-0.3])),
        lambda: Columns(np.zeros((0, 2)), np.zeros(0), room=6.0),
        lambda: Columns.sample(20.0, 0.6, np.random.default_rng(1)),
    ],
)
def test_what_is_no_room_is_refused_with_a_fix(make):
    with pytest.raises(ValueError, match=r"Columns.*expected .* got .* Fix: "):
        make()
