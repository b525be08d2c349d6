import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.models.actuation import ActuationConfig, RotorActuation
from untether_training.models.features import FeaturesConfig
from untether_training.swarm.config import SwarmConfig
from untether_training.swarm.environment import SwarmEnvironment
from untether_training.swarm.features import SwarmFeatures, SwarmFeaturesConfig


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(7)


@pytest.fixture
def features():
    return SwarmFeatures(CRAZYFLIE, FeaturesConfig(), SwarmFeaturesConfig())


@pytest.fixture
def make(features):
    """Make an environment of so many worlds."""

    def make_environment(worlds=4, seed=0, **config):
        return SwarmEnvironment(
            SwarmConfig(**config),
            CRAZYFLIE,
            features,
            RotorActuation(CRAZYFLIE, ActuationConfig()),
            worlds,
            torch.Generator().manual_seed(seed),
        )

    return make_environment
