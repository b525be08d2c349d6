import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.export.bundle import ExportedPolicy, export_policy
from untether_training.models.build import PolicyConfig
from untether_training.models.policy import QuadrotorPolicy
from untether_training.tasks.registry import TASKS


@pytest.fixture(scope="session")
def policy() -> QuadrotorPolicy:
    """An untrained policy, whose outputs depend on its inputs all the same."""
    torch.manual_seed(0)
    policy = PolicyConfig(hidden=(16, 16)).build(CRAZYFLIE)
    with torch.no_grad():
        for parameter in policy.network.parameters():
            parameter.mul_(3.0)
    return policy


@pytest.fixture(scope="session")
def exported(policy: QuadrotorPolicy) -> ExportedPolicy:
    # Drones of the first ticks have not reached the floor yet.
    return export_policy(
        policy, TASKS["waypoint"], name="crazyflie_test", seed=3, provenance={"seed": 1}
    )
