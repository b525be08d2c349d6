import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from untether_training.swarm.distance_field import (
    FARTHEST,
    SPACING,
    measure_distances,
    nearest_obstacle,
)


def test_a_column_to_the_east_is_nearer_at_the_eastern_points():
    position = torch.tensor([0.0, 0.0, 1.5])[:, None, None]
    centre = torch.tensor([1.0, 0.0])[:, None, None]
    field = measure_distances(position, centre, torch.tensor([0.3]))[:, 0, 0].view(3, 3)
    assert field[1, 1].item() == pytest.approx(0.7, abs=1e-6)
    assert field[2, 1].item() == pytest.approx(0.6, abs=1e-6)  # x plus
    assert field[0, 1].item() == pytest.approx(0.8, abs=1e-6)  # x minus
    assert field[1, 2].item() == pytest.approx((1.0 + 0.01) ** 0.5 - 0.3, abs=1e-6)
    assert field[1, 2].item() == pytest.approx(field[1, 0].item(), abs=1e-6)


def test_it_is_negative_inside_and_far_without_columns():
    position = torch.zeros(3, 1, 1)
    inside = measure_distances(position, torch.zeros(2, 1, 1), torch.tensor([0.3]))
    assert inside[4].item() == pytest.approx(-0.3)
    none = measure_distances(position, torch.zeros(2, 0, 1), torch.tensor([0.3]))
    assert (none == FARTHEST).all()
    assert nearest_obstacle(position, torch.zeros(2, 0, 1)).isinf().all()


@given(seed=st.integers(0, 10_000), drones=st.integers(1, 4), columns=st.integers(1, 9))
def test_it_is_the_smallest_distance_at_every_point(seed, drones, columns):
    generator = torch.Generator().manual_seed(seed)
    position = torch.rand(3, drones, 3, generator=generator) * 8 - 4
    centre = torch.rand(2, columns, 3, generator=generator) * 8 - 4
    radius = torch.rand(3, generator=generator)
    field = measure_distances(position, centre, radius)
    for i in range(3):
        for j in range(3):
            point = position[:2] + torch.tensor([i - 1.0, j - 1.0])[:, None, None] * SPACING
            apart = (point[:, None] - centre[:, :, None]).norm(dim=0)  # (M, D, W)
            assert torch.allclose(field[3 * i + j], apart.amin(0) - radius, atol=1e-5)
    nearest = nearest_obstacle(position, centre) - radius
    assert torch.allclose(nearest, field[4], atol=1e-5)
