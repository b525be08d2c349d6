from dataclasses import replace

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.models.build import PolicyConfig
from untether_training.tasks.environment import QuadrotorEnvironment
from untether_training.tasks.waypoint import WaypointConfig


@pytest.fixture
def make_environment():
    """Return a function that makes a small waypoint environment; changes go into the config."""

    def make(count: int = 16, seed: int = 0, **changes) -> QuadrotorEnvironment:
        config = replace(WaypointConfig(), **changes)
        policy = PolicyConfig().build(CRAZYFLIE)
        task = config.build(CRAZYFLIE, count, torch.Generator().manual_seed(seed))
        return QuadrotorEnvironment(task, policy.features, policy.actuation, count)

    return make
