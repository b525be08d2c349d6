import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from untether_policies.errors import GraphError
from untether_policies.weights import check_weights


def _model_with(array: np.ndarray) -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["weight"], ["y"])],
        "graph",
        [],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, "weight")],
    )
    return helper.make_model(graph)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(dtype, value, refused):
    weights = np.ones((4, 4), dtype)
    weights[2, 3] = value
    check_weights(_model_with(np.ones((4, 4), dtype)))
    with refused(GraphError, what="'weight'", expected="finite", got="NaN", fix="checkpoint"):
        check_weights(_model_with(weights))


def test_whole_numbers_are_let_be():
    check_weights(_model_with(np.array([1, 2])))


def test_constants_of_operators_are_checked(refused):
    tensor = numpy_helper.from_array(np.array([np.nan], "f4"), "inner")
    for attributes in ({"value": tensor}, {"value_float": np.nan}, {"value_floats": [0.0, np.inf]}):
        model = _model_with(np.ones(1, "f4"))
        model.graph.node.append(helper.make_node("Constant", [], ["c"], **attributes))
        with refused(GraphError, expected="finite"):
            check_weights(model)


def test_weights_inside_branches_are_checked(refused):
    branch = _model_with(np.array([np.nan], "f4")).graph
    model = _model_with(np.ones(1, "f4"))
    node = helper.make_node("If", ["flag"], ["z"], then_branch=branch, else_branch=branch)
    model.graph.node.append(node)
    with refused(GraphError, expected="finite"):
        check_weights(model)


def test_sparse_weights_are_checked(refused):
    model = _model_with(np.ones(1, "f4"))
    values = numpy_helper.from_array(np.array([np.nan], "f4"), "sparse")
    indices = numpy_helper.from_array(np.array([0]), "indices")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [4]))
    with refused(GraphError, what="'sparse'", expected="finite"):
        check_weights(model)


def test_external_weights_are_refused(refused):
    model = _model_with(np.ones(4, "f4"))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    with refused(GraphError, expected="inside the file", fix="save_as_external_data=False"):
        check_weights(model)


def test_values_that_do_not_fill_the_shape_are_refused(refused):
    model = _model_with(np.ones(4, "f4"))
    model.graph.initializer[0].dims[0] = 1 << 40
    with refused(GraphError, expected="[1099511627776]"):
        check_weights(model)


def test_unknown_type_is_refused(refused):
    model = _model_with(np.ones(4, "f4"))
    model.graph.initializer[0].data_type = 99
    with refused(GraphError, got="99"):
        check_weights(model)
