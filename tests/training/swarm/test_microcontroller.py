from pathlib import Path

import numpy as np
import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_policies.bundle import Bundle
from untether_policies.c_export.cortex_m4 import find_missing_tools, measure_export
from untether_policies.c_export.exporting import export_c
from untether_policies.contract import Contract
from untether_policies.fixture import Fixture
from untether_training.export.graph import export_graph
from untether_training.swarm.build import SwarmPolicyConfig
from untether_training.swarm.network import SwarmNetworkConfig

MISSING = find_missing_tools()
TICKS = 50


def make_bundle(policy):
    """A bundle that was never written, with random inputs as its fixture."""
    contract = Contract(
        name="swarm",
        robot=policy.robot,
        rate=100.0,
        inputs=policy.inputs,
        outputs=policy.outputs,
        carry=policy.carry,
    )
    generator = np.random.default_rng(0)
    inputs = {
        spec.name: generator.normal(size=(TICKS, *spec.shape)).astype(np.float32)
        for spec in contract.inputs
    }
    carry = {
        spec.name: np.asarray(spec.initial, np.float32).reshape(spec.shape)
        for spec in contract.carry
    }
    model = export_graph(policy)
    return Bundle(contract, model, Fixture(inputs, carry), "", Path("swarm"), "0" * 64)


@pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}")
def test_the_small_policy_fits_beside_the_firmware_of_a_crazyflie():
    network = SwarmNetworkConfig(width=12, layers=1, heads=1, head=12)
    policy = SwarmPolicyConfig(network=network).build(CRAZYFLIE)
    generator = torch.Generator().manual_seed(0)
    for parameter in policy.network.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    found = measure_export(export_c(make_bundle(policy)))
    assert found.flash <= 12_000
    assert found.most_instructions <= 50_400
    assert found.worst <= 1e-5
    assert found.ticks == TICKS
