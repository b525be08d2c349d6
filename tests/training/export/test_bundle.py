"""What is exported is what was trained, and loads as a bundle."""

import numpy as np
import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_policies.bundle import load_bundle
from untether_policies.errors import GraphError
from untether_policies.parity import check_parity
from untether_policies.policy import Policy
from untether_training.models.build import PolicyConfig


@pytest.fixture(scope="module")
def bundle(exported, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle") / "crazyflie_test"
    return exported.write(folder, "# Test\n")


def test_graph_and_module_agree(exported):
    assert exported.parity.passed
    assert exported.parity.worst < 1e-5
    assert exported.parity.ticks == exported.fixture.ticks == 250


def test_graph_holds_no_path_of_the_machine_that_exported_it(exported):
    assert b"site-packages" not in exported.model
    assert b".py" not in exported.model
    assert len(exported.model) < 40_000


def test_contract_names_the_crazyflie_s_tensors(exported):
    contract = exported.contract
    names = [spec.name for spec in contract.inputs]
    assert names == [
        "position",
        "orientation",
        "linear_velocity",
        "angular_velocity",
        "goal_position",
    ]
    assert contract.rate == 100.0
    assert contract.input("orientation").quaternion_order == "xyzw"
    assert contract.output("rotor_thrust").elements == CRAZYFLIE.rotor_names
    assert contract.provenance["task"] == "waypoint"
    assert set(contract.envelope) == set(names)


def test_bundle_loads_and_flies_like_the_module(bundle, policy):
    flown = Policy.load(bundle.path, batch=3)
    generator = np.random.default_rng(1)
    carry = {c.name: torch.tensor(c.initial).repeat(3, 1) for c in policy.carry}
    for _ in range(20):
        tensors = {}
        for spec in policy.inputs:
            values = generator.normal(size=(3, *spec.shape)).astype(np.float32)
            if spec.quaternion_order:
                values /= np.linalg.norm(values, axis=1, keepdims=True)
            flown.inputs[spec.name][...] = values
            tensors[spec.name] = torch.from_numpy(values)
        flown.step()
        with torch.no_grad():
            expected = policy.run(tensors | carry)
        carry = {name: expected[f"{name}_next"] for name in carry}
        np.testing.assert_allclose(
            flown.outputs["rotor_thrust"], expected["rotor_thrust"], atol=2e-6
        )


def test_another_policy_than_the_exported_one_is_told_apart(exported, policy):
    other = PolicyConfig(hidden=(16, 16)).build(CRAZYFLIE)

    def reference(tensors):
        with torch.no_grad():
            outputs = other.run({name: torch.from_numpy(v) for name, v in tensors.items()})
        return {name: value.numpy() for name, value in outputs.items()}

    with pytest.raises(GraphError, match="parity"):
        check_parity(reference, exported.model, exported.contract, exported.fixture.inputs)


def test_a_changed_weight_is_refused(bundle):
    path = bundle.path / "policy.onnx"
    original = path.read_bytes()
    try:
        path.write_bytes(original[:-9] + bytes([original[-9] ^ 1]) + original[-8:])
        with pytest.raises(Exception, match="SHA-256"):
            load_bundle(bundle.path)
    finally:
        path.write_bytes(original)
