import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from untether_training.swarm.distance_field import measure_distances
from untether_training.swarm.nearest_columns import ABSENT, find_nearest_columns

AWAY = 1e4


def world(*places):
    """Return a drone over the middle, and columns at places (x, y)."""
    return torch.zeros(3, 1, 1), torch.tensor(places).T[:, :, None], torch.tensor([0.3])


def test_the_nearest_comes_first():
    places, radii = find_nearest_columns(*world((3.0, 0.0), (0.0, -1.0), (2.0, 0.0)))
    assert places[..., 0, 0].tolist() == [[0.0, -1.0], [2.0, 0.0]]
    assert radii.flatten().tolist() == pytest.approx([0.3, 0.3])


def test_a_drone_midway_sees_both_columns():
    places, _ = find_nearest_columns(*world((1.0, 0.0), (-1.0, 0.0)))
    assert sorted(places[..., 0, 0].tolist()) == [[-1.0, 0.0], [1.0, 0.0]]


def test_what_is_not_there_is_far_and_has_no_radius():
    position, centre, radius = world((1.0, 0.0), (AWAY, AWAY), (AWAY, AWAY))
    for columns in (centre, centre[:, :1]):
        places, radii = find_nearest_columns(position, columns, radius)
        assert places[..., 0, 0].tolist() == [[1.0, 0.0], [ABSENT, ABSENT]]
        assert radii.flatten().tolist() == pytest.approx([0.3, 0.0])
    places, radii = find_nearest_columns(position, centre[:, :0], radius)
    assert (places == ABSENT).all()
    assert (radii == 0.0).all()


@given(seed=st.integers(0, 10_000), drones=st.integers(1, 4), columns=st.integers(1, 9))
def test_its_first_is_the_one_that_the_distance_field_sees(seed, drones, columns):
    generator = torch.Generator().manual_seed(seed)
    position = torch.rand(3, drones, 3, generator=generator) * 8 - 4
    centre = torch.rand(2, columns, 3, generator=generator) * 8 - 4
    radius = torch.rand(3, generator=generator)
    places, radii = find_nearest_columns(position, centre, radius)
    nearest = measure_distances(position, centre, radius)[4]
    assert torch.allclose(places[0].norm(dim=0) - radii[0], nearest, atol=1e-5)
    assert (places[1].norm(dim=0) >= places[0].norm(dim=0)).all()
