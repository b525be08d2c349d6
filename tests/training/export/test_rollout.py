"""Recorded rollouts are what the policy sees in closed loop."""

import numpy as np
import pytest

from untether_training.export.rollout import Rollout, record_rollout
from untether_training.tasks.registry import TASKS


def test_rollout_is_continuous_and_repeatable(policy):
    def record():
        return record_rollout(policy, TASKS["waypoint"], drones=8, ticks=30, seed=5)

    rollout = record()
    position = rollout.inputs["position"]
    assert position.shape == (30, 8, 3)
    assert rollout.inputs["orientation"].shape == (30, 8, 4)
    whole = rollout.unbroken
    assert whole.any()
    assert np.abs(np.diff(position[:, whole], axis=0)).max() < 0.15  # [m] no jumps
    again = record()
    for name, values in rollout.inputs.items():
        np.testing.assert_array_equal(values, again.inputs[name])


def test_one_drone_and_all_samples():
    values = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    rollout = Rollout({"position": values}, np.array([False, True]))
    np.testing.assert_array_equal(rollout.one(20)["position"], values[:20, 1])
    assert rollout.samples()["position"].shape == (8, 3)


def test_no_drone_that_flew_through_is_an_error():
    rollout = Rollout({"position": np.zeros((2, 1, 3), np.float32)}, np.array([False]))
    with pytest.raises(ValueError, match="train longer"):
        rollout.one(20)
