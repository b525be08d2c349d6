"""The exported module: names, shapes, what it carries."""

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.models.build import PolicyConfig
from untether_training.models.features import FeaturesConfig


@pytest.fixture
def policy():
    torch.manual_seed(1)
    return PolicyConfig().build(CRAZYFLIE)


def test_names_are_in_step_with_tensors(policy):
    outputs = policy(*policy.example_inputs(3))
    assert len(outputs) == len(policy.output_names)
    shapes = {name: tuple(t.shape) for name, t in zip(policy.output_names, outputs, strict=True)}
    assert shapes["rotor_thrust"] == (3, 4)
    for spec in policy.carry:
        assert shapes[f"{spec.name}_next"] == (3, *spec.shape)


def test_tracking_policy_takes_the_goal_s_velocity():
    features = FeaturesConfig(goal_velocity=True)
    policy = PolicyConfig(features=features).build(CRAZYFLIE)
    assert policy.inputs[-1].name == "goal_velocity"
    assert policy(*policy.example_inputs())[0].shape == (2, 4)


def test_thrust_is_within_the_limits_of_its_spec(policy):
    inputs = [
        tensor + 10.0 * torch.randn(64, tensor.shape[1]) for tensor in policy.example_inputs(64)
    ]
    thrust = policy(*inputs)[0]
    assert thrust.min() >= 0.0
    assert thrust.max() <= policy.outputs[0].upper[0] + 1e-7


def test_the_command_is_carried_to_the_next_tick(policy):
    outputs = policy.run(dict(zip(policy.input_names, policy.example_inputs(), strict=True)))
    thrust = outputs["rotor_thrust"] / CRAZYFLIE.max_rotor_thrust
    torch.testing.assert_close(outputs["previous_command_next"], thrust)


def test_untrained_policy_nearly_hovers(policy):
    thrust = policy(*policy.example_inputs())[0]
    hover = CRAZYFLIE.hover_rotor_thrust
    assert ((thrust - hover).abs() < 0.15 * hover).all()
