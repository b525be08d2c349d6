"""Starts are where, how fast and how tilted they are asked to be."""

import math

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.dynamics.quadrotor import body_up
from untether_training.tasks.starts import (
    FlyingStart,
    Volume,
    sample_attitude,
    sample_flying,
    sample_standing,
)

COUNT = 2000


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_attitude_has_the_tilt_and_any_direction(generator):
    tilt = torch.full((COUNT,), 0.6)
    attitude = sample_attitude(tilt, generator)
    up = body_up(attitude)
    torch.testing.assert_close(attitude.norm(dim=0), torch.ones(COUNT))
    torch.testing.assert_close(up[2], torch.full((COUNT,), math.cos(0.6)))
    assert up[:2].mean(1).abs().max() < 0.05


def test_flying_starts_fill_their_ranges(generator):
    position = Volume().sample(COUNT, generator)
    start = FlyingStart(tilt=math.pi, speed=3.0, rate=10.0, thrust=(0.1, 0.4))
    state = sample_flying(start, position, generator)
    torch.testing.assert_close(state.position, position)
    assert 2.9 < state.linear_velocity.norm(dim=0).max() <= 3.0 + 1e-5
    assert 9.5 < state.angular_velocity.norm(dim=0).max() <= 10.0 + 1e-4
    assert body_up(state.orientation)[2].min() < -0.95
    thrust = state.rotor_speed.square()
    assert thrust.min() >= 0.1 - 1e-6
    assert thrust.max() <= 0.4 + 1e-6


def test_standing_is_at_rest_on_the_floor(generator):
    state = sample_standing(CRAZYFLIE, Volume().sample(COUNT, generator), generator)
    assert state.position[2].unique().tolist() == pytest.approx([CRAZYFLIE.rest_height])
    assert state.storage[7:].abs().max() == 0.0
    torch.testing.assert_close(body_up(state.orientation)[2], torch.ones(COUNT))
    assert state.orientation[2].std() > 0.3  # any heading


def test_volume_is_filled(generator):
    points = Volume(x=(-1.0, 1.0), y=(2.0, 3.0), z=(0.3, 0.4)).sample(COUNT, generator)
    torch.testing.assert_close(points.amin(1), torch.tensor([-1.0, 2.0, 0.3]), atol=0.02, rtol=0.0)
    torch.testing.assert_close(points.amax(1), torch.tensor([1.0, 3.0, 0.4]), atol=0.02, rtol=0.0)


def test_same_seed_same_start():
    def draw(seed: int) -> torch.Tensor:
        source = torch.Generator().manual_seed(seed)
        return sample_flying(FlyingStart(), torch.zeros(3, 8), source).storage

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))
