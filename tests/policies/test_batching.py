import numpy as np
import pytest
from onnx import helper, numpy_helper

from untether_policies.batching import check_batching
from untether_policies.errors import GraphError
from untether_policies.fixture import MIN_TICKS, record_fixture


def test_batch_equals_robots_alone(model, contract, recording):
    report = check_batching(model, contract, recording)
    assert report.passed
    assert report.ticks == 30


def test_graph_with_a_batch_frozen_inside_is_refused(proto, contract, recording, refused):
    shape = numpy_helper.from_array(np.array([1, 2]), "shape")
    proto.graph.initializer.append(shape)
    proto.graph.node[4].input[0] = "reshaped"
    proto.graph.node.insert(4, helper.make_node("Reshape", ["linear", "shape"], ["reshaped"]))
    with refused(GraphError, what="batch", expected="3 robots", fix="at least 2"):
        check_batching(proto.SerializeToString(), contract, recording)


@pytest.mark.parametrize("ticks", [MIN_TICKS, 11, 12, 120])
def test_graph_that_mixes_robots_is_refused(ticks, proto, model, contract, inputs, refused):
    inputs = {name: array[:ticks] for name, array in inputs.items()}
    recording = record_fixture(model, contract, inputs)
    proto.graph.initializer.append(numpy_helper.from_array(np.array([0]), "axes"))
    proto.graph.node[3].input[0] = "centred"
    proto.graph.node.insert(3, helper.make_node("Sub", ["integral_next", "mean"], ["centred"]))
    mean = helper.make_node("ReduceMean", ["integral_next", "axes"], ["mean"])
    proto.graph.node.insert(3, mean)
    with refused(GraphError, what="batch", expected="its own answer", fix="mixes robots"):
        check_batching(proto.SerializeToString(), contract, recording)
