import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from untether_policies.backends.session import build_session
from untether_policies.composition import MINIMUM_OPSET, GraphBuilder, find_ir_version


def doubler(opset: int = 18) -> onnx.ModelProto:
    """y = 2 x, with names that any composition would also choose."""
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "constant_1"], ["y"])],
        "doubler",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 3])],
        [numpy_helper.from_array(np.array([2.0], np.float32), "constant_1")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def run(model: onnx.ModelProto, **inputs: np.ndarray) -> list[np.ndarray]:
    return [
        np.asarray(array) for array in build_session(model.SerializeToString()).run(None, inputs)
    ]


@pytest.mark.parametrize("opset", [MINIMUM_OPSET, 13, 18, 21])
def test_two_models_share_a_graph_without_sharing_names(opset):
    model = doubler(opset)
    builder = GraphBuilder("four", model.opset_import)
    once = builder.embed(model, "first/", {"x": builder.add_input("x", (3,))})
    twice = builder.embed(model, "second/", {"x": once["y"]})
    builder.add_output(twice["y"], "y", (3,))
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert np.array_equal(run(builder.build(), x=values)[0], 4.0 * values)


def test_weights_listed_as_inputs_need_no_source():
    model = doubler()
    model.graph.input.append(helper.make_tensor_value_info("constant_1", TensorProto.FLOAT, [1]))
    builder = GraphBuilder("two", model.opset_import)
    result = builder.embed(model, "inner/", {"x": builder.add_input("x", (3,))})
    builder.add_output(result["y"], "y", (3,))
    assert np.array_equal(run(builder.build(), x=np.ones((1, 3), np.float32))[0], [[2, 2, 2]])


def test_clamp_leaves_open_sides_open():
    builder = GraphBuilder("clamp", doubler().opset_import)
    x = builder.add_input("x", (3,))
    builder.add_output(builder.clamp(x, [0.0, -1.0, -2.0], None), "lower", (3,))
    builder.add_output(builder.clamp(x, None, [1.0]), "upper", (3,))
    builder.add_output(builder.clamp(x, None, None), "same", (3,))
    values = np.array([[-5.0, 0.5, 7.0]], np.float32)
    lower, upper, same = run(builder.build(), x=values)
    assert np.array_equal(lower, [[0.0, 0.5, 7.0]])
    assert np.array_equal(upper, [[-5.0, 0.5, 1.0]])
    assert np.array_equal(same, values)


def test_gather_takes_columns_in_any_order_for_any_batch():
    builder = GraphBuilder("gather", doubler().opset_import)
    builder.add_output(builder.gather(builder.add_input("x", (3,)), [2, 0]), "y", (2,))
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    assert np.array_equal(run(builder.build(), x=values)[0], values[:, [2, 0]])


def test_a_graph_that_does_not_fit_together_is_not_built():
    builder = GraphBuilder("bad", doubler().opset_import)
    builder.add_output(builder.node("Add", "nowhere", "neither"), "y", (3,))
    with pytest.raises(onnx.checker.ValidationError):
        builder.build()


def test_the_file_format_is_the_oldest_that_has_the_opset():
    newest = [helper.make_opsetid("", 21), helper.make_opsetid("some.vendor", 3)]
    assert find_ir_version(newest) == 10
    assert find_ir_version([helper.make_opsetid("", 11)]) == 8
