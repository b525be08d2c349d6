import math

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.models.features import FeaturesConfig
from untether_training.swarm.distance_field import SPACING, measure_distances
from untether_training.swarm.features import SwarmFeatures, SwarmFeaturesConfig
from untether_training.swarm.nearest_columns import COLUMNS, find_nearest_columns
from untether_training.swarm.obstacle_features import FieldFeatures
from untether_training.swarm.obstacles import ObstacleView

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
    columns = turn(torch.cat((1.5 * normal(6, 2), torch.zeros(6, 1)), dim=1), angle)
    orientation = torch.nn.functional.normalize(normal(DRONES, 4), dim=1)
    world = position.T[:, :, None], columns[:, :2].T[:, :, None], torch.tensor([0.3])
    places, radii = find_nearest_columns(*world)
    return {
        "position": position,
        "orientation": turn_orientation(orientation, angle),
        "linear_velocity": turn(normal(DRONES, 3), angle),
        "angular_velocity": normal(DRONES, 3),
        "goal_position": turn(normal(DRONES, 3), angle),
        "neighbour_position": turn(normal(DRONES, 2, 3), angle),
        "neighbour_velocity": turn(normal(DRONES, 2, 3), angle),
        "obstacle_distance": measure_distances(*world)[:, :, 0].T,
        "obstacle_position": places[..., 0].permute(2, 0, 1),
        "obstacle_radius": radii[..., 0].T,
    }


@pytest.fixture
def beside_columns():
    """Return the features of a policy that sees the nearest columns instead of distances."""
    config = SwarmFeaturesConfig(obstacles=ObstacleView.nearest)
    return SwarmFeatures(CRAZYFLIE, FeaturesConfig(), config)


def see_columns(features, carry, inputs, places, velocity=(1.0, 0.0, 0.0)):
    """Return what a level drone sees of two columns of 0.3 m at places (2, 2), (L, 8)."""
    inputs["orientation"] = torch.tensor([[0.0, 0.0, 0.0, 1.0]]).repeat(DRONES, 1)
    inputs["linear_velocity"] = torch.tensor([velocity]).repeat(DRONES, 1)
    inputs["obstacle_position"] = torch.tensor(places).repeat(DRONES, 1, 1)
    inputs["obstacle_radius"] = torch.full((DRONES, COLUMNS), 0.3)
    return features(inputs, carry)[0][0, -features.obstacles.size :].view(COLUMNS, -1)


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


def test_no_heading_is_special_beside_columns(beside_columns, carry):
    straight = draw(torch.Generator().manual_seed(1))
    turned = draw(torch.Generator().manual_seed(1), 0.7)
    assert not torch.allclose(straight["obstacle_position"], turned["obstacle_position"])
    first, _ = beside_columns(straight, carry)
    second, _ = beside_columns(turned, carry)
    direction = first[:, -beside_columns.obstacles.size :][:, :3]
    assert direction.norm(dim=1).max() > 0.9  # some are near enough
    assert torch.allclose(first, second, atol=2e-4)


@pytest.fixture
def among_positions():
    """Return the features of a policy that is told where the nearest columns stand."""
    config = SwarmFeaturesConfig(obstacles=ObstacleView.positions)
    return SwarmFeatures(CRAZYFLIE, FeaturesConfig(), config)


def test_positions_are_shown_as_they_are_up_to_the_limit(among_positions, carry, generator):
    scale = SwarmFeaturesConfig().obstacle_scale
    places = [[0.6, 0.0], [0.0, -3.0]]
    near, far = scale * see_columns(among_positions, carry, draw(generator), places)
    assert near.tolist() == pytest.approx([0.6, 0.0, 0.0, 0.3])
    assert far.tolist() == pytest.approx([0.0, -1.0, 0.0, 0.3])


@pytest.mark.parametrize("name", ["features", "beside_columns", "among_positions"])
def test_sizes_are_true(name, request, carry, generator):
    features = request.getfixturevalue(name)
    seen, following = features(draw(generator), carry)
    assert seen.shape == (DRONES, features.size)
    assert sum(features.sizes) == features.size
    assert seen.isfinite().all()
    assert set(following) | {"previous_command"} == set(features.initial_carry)


def test_the_stencil_gives_value_slope_and_curvature(features):
    offsets = torch.tensor([-1.0, 0.0, 1.0]) * SPACING
    x, y = (axis.flatten() for axis in torch.meshgrid(offsets, offsets, indexing="ij"))
    field = 0.5 + 2.0 * x - 3.0 * y + 0.5 * 4.0 * x * x + 5.0 * x * y - 0.5 * 6.0 * y * y
    local = field @ features.obstacles.stencil
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
    seen = features(inputs, carry)[0][0, -FieldFeatures.size :]
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


def test_the_nearest_columns_are_felt_along_the_body(beside_columns, carry, generator):
    places = [[0.8, 0.0], [0.0, -1.0]]
    ahead, right = see_columns(beside_columns, carry, draw(generator), places)
    # Direction away from it, distance, radius, closeness, speed away from it, both multiplied.
    assert ahead.tolist() == pytest.approx([-1, 0, 0, 1.0, 0.6, 1 / 3, -0.5, -1 / 6], abs=1e-5)
    closeness = 0.25 / 0.95
    assert right.tolist() == pytest.approx([0, 1, 0, 1.4, 0.6, closeness, 0, 0], abs=1e-5)


def test_far_columns_are_not_seen_and_fade_out(beside_columns, carry, generator):
    def see(x):
        inputs = draw(torch.Generator().manual_seed(1))
        return see_columns(beside_columns, carry, inputs, [[x, 0.0], [5.0, 5.0]])[0]

    assert torch.allclose(see(1.3), see(9.0), atol=1e-6)
    assert see(1.25)[0].item() == pytest.approx(-0.5, abs=1e-4)
    assert see(1.15)[0].item() == pytest.approx(-1.0, abs=1e-4)


def test_a_column_around_the_drone_gives_finite_numbers(beside_columns, carry, generator):
    seen = see_columns(beside_columns, carry, draw(generator), [[0.0, 0.0], [0.1, 0.0]])
    assert seen.isfinite().all()
    assert seen[1, 3].item() == pytest.approx(-0.4, abs=1e-5)
