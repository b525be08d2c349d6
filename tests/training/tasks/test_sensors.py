"""Measurements are the truth plus noise of the stated size."""

import pytest
import torch

from untether_training.dynamics.state import QuadrotorState
from untether_training.tasks.sensors import NoisySensors, SensorNoiseConfig


def test_noise_has_the_stated_deviations():
    config = SensorNoiseConfig(0.01, 0.02, 0.03, 0.04)
    state = QuadrotorState.at_rest(20_000)
    state.position[2] = 1.0
    measured = NoisySensors(config).measure(state, torch.Generator().manual_seed(0))
    assert measured["position"].mean(0).tolist() == pytest.approx([0.0, 0.0, 1.0], abs=1e-3)
    assert measured["position"].std(0).tolist() == pytest.approx([0.01] * 3, rel=0.03)
    assert measured["linear_velocity"].std(0).tolist() == pytest.approx([0.03] * 3, rel=0.03)
    assert measured["angular_velocity"].std(0).tolist() == pytest.approx([0.04] * 3, rel=0.03)
    # Near level, twice the quaternion's vector is the rotation about each axis.
    turned = 2.0 * measured["orientation"][:, :3]
    assert turned.std(0).tolist() == pytest.approx([0.02] * 3, rel=0.03)
    torch.testing.assert_close(measured["orientation"].norm(dim=1), torch.ones(20_000))


def test_measuring_does_not_change_the_state():
    state = QuadrotorState.at_rest(4)
    before = state.clone()
    NoisySensors(SensorNoiseConfig()).measure(state, torch.Generator())
    assert torch.equal(state.storage, before.storage)


def test_perfect_sensors_tell_the_truth():
    state = QuadrotorState.at_rest(2)
    state.linear_velocity[0] = 1.5
    measured = NoisySensors(SensorNoiseConfig(0.0, 0.0, 0.0, 0.0)).measure(state, torch.Generator())
    assert measured["linear_velocity"].tolist() == [[1.5, 0.0, 0.0]] * 2
