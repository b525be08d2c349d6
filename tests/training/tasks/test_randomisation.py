"""Drones differ within their ranges."""

import math

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.tasks.randomisation import (
    RandomisationConfig,
    sample_direction,
    sample_parameters,
)

COUNT = 4000


def test_parameters_fill_their_ranges():
    config = RandomisationConfig()
    drones = sample_parameters(CRAZYFLIE, config, COUNT, torch.Generator().manual_seed(0))
    mass = drones.mass / CRAZYFLIE.mass
    assert (mass.min().item(), mass.max().item()) == pytest.approx(config.mass, abs=0.01)
    thrust = drones.max_rotor_thrust / CRAZYFLIE.max_rotor_thrust
    assert thrust.min() >= config.thrust[0] * config.rotor_thrust[0] - 1e-6
    assert thrust.std(0).max() > 0.01  # rotors differ within a drone
    asymmetry = drones.motor_fall_time / drones.motor_rise_time
    assert asymmetry.min() >= config.motor_fall[0] - 1e-6
    assert asymmetry.max().item() == pytest.approx(config.motor_fall[1], abs=0.01)
    slowness = drones.motor_rise_time / CRAZYFLIE.motor_time_constant
    low, high = config.motor_rise
    assert (slowness.min().item(), slowness.max().item()) == pytest.approx((low, high), rel=0.01)
    assert slowness.median().item() == pytest.approx(math.sqrt(low * high), rel=0.05)
    assert drones.wind_force.norm(dim=0).max() <= config.wind + 1e-6


def test_ranges_of_one_value_give_the_nominal_drone():
    one, zero = (1.0, 1.0), (0.0, 0.0)
    config = RandomisationConfig(one, one, one, one, one, one, one, zero, zero, zero, 0.0)
    drone = sample_parameters(CRAZYFLIE, config, 2, torch.Generator())
    assert drone.mass[0].tolist() == pytest.approx([CRAZYFLIE.mass] * 2)
    assert drone.inertia[:, 0].tolist() == pytest.approx(CRAZYFLIE.inertia)
    assert drone.motor_fall_time[0, 0].item() == pytest.approx(CRAZYFLIE.motor_time_constant)
    assert drone.drag.abs().max() == 0.0
    assert drone.wind_force.abs().max() == 0.0


def test_directions_are_unit_and_uniform():
    directions = sample_direction(COUNT, torch.Generator().manual_seed(1))
    torch.testing.assert_close(directions.norm(dim=0), torch.ones(COUNT))
    assert directions.mean(1).abs().max() < 0.05
    assert directions[2].abs().mean().item() == pytest.approx(0.5, abs=0.02)
