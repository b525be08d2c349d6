"""Actions move the body along and about its axes."""

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.mixer import mixer_matrix
from untether_training.models.actuation import ActuationConfig, RotorActuation


@pytest.fixture
def actuation() -> RotorActuation:
    return RotorActuation(CRAZYFLIE, ActuationConfig(0.2, 0.05, 0.05))


def test_no_action_is_hover(actuation):
    command = actuation(torch.zeros(1, 4)) * actuation.max_thrust
    assert command[0].tolist() == pytest.approx([CRAZYFLIE.hover_rotor_thrust] * 4)


@pytest.mark.parametrize("axis", range(4))
def test_each_action_has_its_own_axis_and_positive_sign(actuation, axis):
    action = torch.zeros(1, 4)
    action[0, axis] = 0.5
    change = (actuation(action) - actuation.hover)[0].double()
    wrench = torch.from_numpy(mixer_matrix(CRAZYFLIE)) @ change
    assert wrench[axis] > 0.0
    others = [row for row in range(4) if row != axis]
    assert wrench[others].abs().max() < 1e-6


def test_commands_stay_within_what_rotors_can_do(actuation):
    command = actuation(torch.randn(100, 4) * 50.0)
    assert command.min() == 0.0
    assert command.max() == 1.0
