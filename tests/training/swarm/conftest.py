import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.export import bundle as export
from untether_training.export.bundle import export_policy
from untether_training.models.actuation import ActuationConfig, RotorActuation
from untether_training.models.features import FeaturesConfig
from untether_training.swarm.build import SwarmPolicyConfig
from untether_training.swarm.config import SwarmConfig
from untether_training.swarm.environment import SwarmEnvironment
from untether_training.swarm.features import SwarmFeatures, SwarmFeaturesConfig
from untether_training.swarm.network import SwarmNetworkConfig
from untether_training.swarm.obstacles import ObstacleView


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


def make_bundle(folder, obstacles=ObstacleView.field):
    """Write the bundle of an untrained policy, which nearly hovers."""
    torch.manual_seed(0)
    policy = SwarmPolicyConfig(
        swarm=SwarmFeaturesConfig(obstacles=obstacles),
        network=SwarmNetworkConfig(width=4, layers=1, heads=1, head=4),
    ).build(CRAZYFLIE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "_TICKS", 40)  # longer, it would not stay in the air
        exported = export_policy(
            policy, SwarmConfig(drones=4), name="swarm", seed=1, provenance={"seed": 1}
        )
    exported.write(folder, "# swarm\n")
    return folder


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundle") / "swarm")


@pytest.fixture(scope="session")
def columns_bundle(tmp_path_factory):
    """One that sees the nearest columns instead of distances."""
    return make_bundle(tmp_path_factory.mktemp("columns_bundle") / "swarm", ObstacleView.nearest)
