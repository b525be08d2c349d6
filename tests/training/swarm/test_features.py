import math

import pytest
import torch

from untether_training.swarm.distance_field import SPACING, measure_distances
from untether_training.swarm.features import OBSTACLE_SIZE

DRONES = 50


def turn(vectors, angle):
    """Turn vectors (..., 3) about z."""
    cosine, sine = math.cos(angle), math.sin(angle)
    matrix = torch.tensor([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    return vectors @ matrix.T


def turn_orientation(orientation, angle):
    """Multiply quaternions (N, 4) xyzw from the left by a turn about z."""
    x, y, z, w = orientation.unbind(1)
    s, c = math.sin(0.5 * angle), math.cos(0.5 * angle)
    return torch.stack((c * x - s * y, c * y + s * x, c * z + s * w, c * w - s * z), dim=1)


def draw(generator, angle=0.0):
    """Return inputs of drones among columns, the whole world turned by an angle about z."""

    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    position = turn(0.3 * normal(DRONES, 3), angle)
    columns = turn(torch.cat((3.0 * normal(6, 2), torch.zeros(6, 1)), dim=1), angle)
    orientation = torch.nn.functional.normalize(normal(DRONES, 4), dim=1)
    field = measure_distances(
        position.T[:, :, None], columns[:, :2].T[:, :, None], torch.tensor([0.3])
    )
    return {
        "position": position,
        "orientation": turn_orientation(orientation, angle),
        "linear_velocity": turn(normal(DRONES, 3), angle),
        "angular_velocity": normal(DRONES, 3),
        "goal_position": turn(normal(DRONES, 3), angle),
        "neighbour_position": turn(normal(DRONES, 2, 3), angle),
        "neighbour_velocity": turn(normal(DRONES, 2, 3), angle),
        "obstacle_distance": field[:, :, 0].T,
    }


@pytest.fixture
def carry(features):
    return {
        name: torch.tensor(value).repeat(DRONES, 1)
        for name, value in features.initial_carry.items()
    }


def test_no_heading_is_special(features, carry):
    # A quarter turn maps the grid of points onto itself.
    straight = draw(torch.Generator().manual_seed(1))
    turned = draw(torch.Generator().manual_seed(1), 0.5 * math.pi)
    assert not torch.allclose(straight["obstacle_distance"], turned["obstacle_distance"])
    first, _ = features(straight, carry)
    second, _ = features(turned, carry)
    assert torch.allclose(first, second, atol=2e-4)


def test_sizes_are_true(features, carry, generator):
    seen, following = features(draw(generator), carry)
    assert seen.shape == (DRONES, features.size)
    assert sum(features.sizes) == features.size
    assert seen.isfinite().all()
    assert set(following) | {"previous_command"} == set(features.initial_carry)


def test_the_stencil_gives_value_slope_and_curvature(features):
    offsets = torch.tensor([-1.0, 0.0, 1.0]) * SPACING
    x, y = (axis.flatten() for axis in torch.meshgrid(offsets, offsets, indexing="ij"))
    field = 0.5 + 2.0 * x - 3.0 * y + 0.5 * 4.0 * x * x + 5.0 * x * y - 0.5 * 6.0 * y * y
    local = field @ features.stencil
    expected = [0.5, 2.0, -3.0, 4.0 * SPACING, 5.0 * SPACING, -6.0 * SPACING]
    assert local.tolist() == pytest.approx(expected, abs=1e-5)


def test_a_column_ahead_is_felt_along_the_body(features, carry, generator):
    inputs = draw(generator)
    inputs["orientation"] = torch.tensor([[0.0, 0.0, 0.0, 1.0]]).repeat(DRONES, 1)
    inputs["linear_velocity"] = torch.tensor([[1.0, 0.0, 0.0]]).repeat(DRONES, 1)
    position = torch.zeros(3, DRONES, 1)
    ahead = torch.tensor([0.8, 0.0])[:, None, None]
    field = measure_distances(position, ahead, torch.tensor([0.3]))
    inputs["obstacle_distance"] = field[:, :, 0].T
    seen = features(inputs, carry)[0][0, -OBSTACLE_SIZE:]
    assert seen[0].item() == pytest.approx(0.5 / 0.5, abs=1e-5)
    assert seen[2].item() == pytest.approx(-1.0, abs=1e-3)  # it gets nearer along body x
    assert seen[3:5].abs().max() < 1e-3
    assert seen[-2].item() == pytest.approx(-0.5, abs=1e-3)  # at 1 m/s


def test_far_obstacles_are_not_seen(features, carry, generator):
    inputs = draw(generator)
    inputs["obstacle_distance"] = torch.full((DRONES, 9), 1.5)
    far, _ = features(inputs, carry)
    inputs["obstacle_distance"] = torch.full((DRONES, 9), 100.0)
    farther, _ = features(inputs, carry)
    assert (far == farther).all()
