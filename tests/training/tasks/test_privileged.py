"""What the critic is told about each drone and its way."""

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.dynamics.parameters import QuadrotorParameters
from untether_training.tasks.privileged import (
    PARAMETERS_SIZE,
    summarise_approach,
    summarise_parameters,
)
from untether_training.tasks.randomisation import RandomisationConfig, sample_parameters


def test_the_nominal_drone_is_all_zeros():
    nominal = QuadrotorParameters.nominal(CRAZYFLIE, 2)
    summary = summarise_parameters(CRAZYFLIE, nominal, torch.ones(2))
    assert summary.shape == (2, PARAMETERS_SIZE)
    assert summary.abs().max() < 1e-5


def test_every_number_tells_drones_apart_and_is_of_the_order_of_one():
    drones = sample_parameters(CRAZYFLIE, RandomisationConfig(), 500, torch.Generator())
    summary = summarise_parameters(CRAZYFLIE, drones, 2.5 * torch.rand(500))
    assert summary.std(0).min() > 0.1
    assert summary.abs().max() < 4.0


def test_approach_looks_ahead_along_the_velocity():
    error = torch.tensor([[0.5], [0.0], [0.0]])  # 0.5 m ahead
    velocity = torch.tensor([[1.0], [0.0], [0.0]])  # arrives in 0.5 s
    now, soon, later, distance = summarise_approach(error, velocity, 0.1)[0].tolist()
    assert now == pytest.approx(1.0 / 26.0)
    assert soon == pytest.approx(1.0 / 10.0)
    assert later == pytest.approx(1.0)
    assert distance == pytest.approx(0.5)
