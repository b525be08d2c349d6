import math

import pytest
import torch

from untether_training.dynamics.state import QuadrotorState
from untether_training.swarm.contacts import bounce_columns, bounce_drones, bounce_walls


def pairs(count=2000, speed=1.0):
    """Return pairs of drones that fly into each other along x: column i meets i + count."""
    state = QuadrotorState.at_rest(2 * count)
    state.position[0, count:] = 0.09
    state.linear_velocity[0, :count] = speed
    state.linear_velocity[0, count:] = -speed
    return state, torch.arange(count), torch.arange(count, 2 * count)


def test_drones_exchange_their_velocities_and_lose_speed(generator):
    state, first, second = pairs()
    bounce_drones(state, first, second, generator)
    closing = state.linear_velocity[0, first] - state.linear_velocity[0, second]
    assert (closing < 0).float().mean() > 0.99  # they separate
    speed = state.linear_velocity.norm(dim=0)
    assert speed.max() <= 1.0 + 1e-5
    assert speed.mean() < 0.8


def test_drones_are_spun_in_opposite_directions(generator):
    state, first, second = pairs()
    bounce_drones(state, first, second, generator)
    spin = state.angular_velocity[:, first]
    assert torch.allclose(spin, -state.angular_velocity[:, second])
    assert spin.norm(dim=0).min() >= 10 * math.pi - 1e-3
    assert spin.norm(dim=0).max() <= 20 * math.pi + 1e-3


def test_only_touching_drones_are_changed(generator):
    state, first, second = pairs(10)
    before = state.clone()
    bounce_drones(state, first[:3], second[:3], generator)
    others = torch.cat((first[3:], second[3:]))
    assert (state.storage[:, others] == before.storage[:, others]).all()


def test_a_column_sends_drones_away_slower(generator):
    count = 2000
    state = QuadrotorState.at_rest(count)
    state.linear_velocity[0] = 2.0
    normal = torch.tensor([[-1.0], [0.0]]).expand(2, count)
    bounce_columns(state, torch.arange(count), normal, generator)
    velocity = state.linear_velocity
    assert (velocity[0] < 0).all()
    speed = velocity.norm(dim=0)
    assert speed.min() >= 0.2 * 2.0 - 1e-4
    assert speed.max() <= 0.8 * 2.0 + 1e-4
    spin = state.angular_velocity.norm(dim=0)
    assert spin.min() >= 0.5 * math.pi - 1e-3
    assert spin.max() <= math.pi + 1e-3


@pytest.mark.parametrize(
    ("place", "inwards"),
    [
        ((5.2, 0.0, 2.0), lambda v: v[0] <= 0),
        ((-5.2, 0.0, 2.0), lambda v: v[0] >= 0),
        ((0.0, 5.2, 2.0), lambda v: v[1] <= 0),
        ((5.2, -5.2, 2.0), lambda v: (v[0] <= 0) & (v[1] >= 0)),
        ((0.0, 0.0, 10.3), lambda v: v[2] <= 0),
    ],
)
def test_walls_and_ceiling_send_drones_back_inside(generator, place, inwards):
    state = QuadrotorState.at_rest(500)
    state.position.copy_(torch.tensor(place)[:, None])
    state.linear_velocity.copy_(torch.tensor(place)[:, None])
    touched = bounce_walls(state, 5.0, 10.0, generator)
    assert (touched == torch.arange(500)).all()
    assert (state.position[:2].abs() <= 5.0).all()
    assert (state.position[2] <= 10.0).all()
    assert inwards(state.linear_velocity).all()
    assert (state.linear_velocity[2] <= 0).all()
    assert (state.linear_velocity.norm(dim=0) <= 6.0 + 1e-4).all()


def test_who_is_inside_is_left_alone(generator):
    state = QuadrotorState.at_rest(3)
    state.position[2] = 2.0
    before = state.clone()
    assert bounce_walls(state, 5.0, 10.0, generator).numel() == 0
    nobody = torch.zeros(0, dtype=torch.long)
    bounce_drones(state, nobody, nobody, generator)
    bounce_columns(state, nobody, torch.zeros(2, 0), generator)
    assert (state.storage == before.storage).all()
