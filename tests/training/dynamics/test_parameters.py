"""The parameters of a batch of quadrotors."""

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.dynamics.parameters import QuadrotorParameters


def test_nominal_is_the_description():
    parameters = QuadrotorParameters.nominal(CRAZYFLIE, 5)
    assert parameters.count == 5
    assert parameters.mass.shape == (1, 5)
    assert parameters.inertia[:, 4].tolist() == pytest.approx(CRAZYFLIE.inertia)
    assert parameters.max_rotor_thrust.sum(0)[0].item() == pytest.approx(1.9 * 0.028 * 9.81)


def test_assign_replaces_every_parameter_of_some_drones():
    parameters = QuadrotorParameters.nominal(CRAZYFLIE, 3)
    other = QuadrotorParameters.nominal(CRAZYFLIE, 1)
    other.mass.fill_(0.05)
    other.wind_force[2] = 0.01
    parameters.assign(torch.tensor([1]), other)
    assert parameters.mass[0].tolist() == pytest.approx([0.028, 0.05, 0.028])
    assert parameters.wind_force[2].tolist() == pytest.approx([0.0, 0.01, 0.0])


def test_fields_are_views_of_one_storage():
    parameters = QuadrotorParameters.nominal(CRAZYFLIE, 2)
    assert parameters.storage.shape == (16, 2)
    parameters.storage[-1] = 0.5
    assert parameters.wind_force[2].tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match=r"expected shape \(16, N\)"):
        QuadrotorParameters.from_storage(torch.zeros(17, 2))
