from dataclasses import replace

import numpy as np
import pytest
from onnx import helper

from untether_policies.backends.backend import Backend
from untether_policies.backends.onnx_runtime import OnnxRuntimeBackend
from untether_policies.contract import CarrySpec
from untether_policies.errors import GraphError


def test_offers_the_interface_of_a_backend(model, contract):
    backend: Backend = OnnxRuntimeBackend(model, contract, batch=2)
    assert backend.inputs["position"].shape == (2, 3)
    assert backend.outputs["rotor_thrust"].shape == (2, 2)
    assert backend.carry["integral"].shape == (2, 3)
    assert backend.inputs["position"].dtype == np.float32


def test_carry_alternates_between_two_buffers(model, contract):
    backend = OnnxRuntimeBackend(model, contract)
    addresses = []
    for _ in range(4):
        addresses.append(backend.carry["integral"].ctypes.data)
        backend.step()
    assert addresses[0] == addresses[2]
    assert addresses[1] == addresses[3]
    assert addresses[0] != addresses[1]
    np.testing.assert_allclose(backend.carry["integral"][0], np.float32([0.5, 0, -0.5]) * 0.9**4)


def test_carry_may_be_written(model, contract):
    backend = OnnxRuntimeBackend(model, contract)
    backend.step()
    backend.carry["integral"][0] = (10.0, 0.0, 0.0)
    backend.step()
    np.testing.assert_allclose(backend.carry["integral"], [[9.0, 0.0, 0.0]])


def test_policy_without_carry_runs(proto, contract):
    del proto.graph.input[2]
    del proto.graph.output[1]
    del proto.graph.node[1:3]
    proto.graph.node[1].input[0] = "error"
    backend = OnnxRuntimeBackend(proto.SerializeToString(), replace(contract, carry=()))
    backend.inputs["goal_position"][0] = (1.0, 0.0, 0.0)
    backend.step()
    backend.reset()
    np.testing.assert_allclose(backend.outputs["rotor_thrust"], [np.tanh([0.01, -0.02])], 1e-6)


def test_carry_that_passes_through_unchanged_is_handed_on(proto, contract):
    proto.graph.node.append(helper.make_node("Identity", ["memory"], ["memory_next"]))
    for values, name in ((proto.graph.input, "memory"), (proto.graph.output, "memory_next")):
        values.append(helper.make_tensor_value_info(name, 1, ["batch", 2]))
    carry = (*contract.carry, CarrySpec("memory", (2,), (3.0, 4.0)))
    backend = OnnxRuntimeBackend(proto.SerializeToString(), replace(contract, carry=carry))
    for _ in range(3):
        backend.step()
        np.testing.assert_array_equal(backend.carry["memory"], [[3.0, 4.0]])


def test_graph_that_does_not_load_is_refused(proto, contract, refused):
    proto.opset_import[0].version = 999
    with refused(GraphError, expected="ONNX Runtime", got="999", fix="upgrade"):
        OnnxRuntimeBackend(proto.SerializeToString(), contract)
    with refused(GraphError, expected="ONNX Runtime"):
        OnnxRuntimeBackend(b"", contract)


@pytest.mark.parametrize("batch", [1, 7])
def test_every_robot_of_a_batch_starts_from_the_initial_carry(model, contract, batch):
    backend = OnnxRuntimeBackend(model, contract, batch)
    np.testing.assert_array_equal(backend.carry["integral"], [[0.5, 0.0, -0.5]] * batch)
