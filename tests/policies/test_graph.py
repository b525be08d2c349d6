import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from untether_policies.contract_file import dump_contract
from untether_policies.errors import BundleError, GraphError
from untether_policies.graph import check_graph, embed_contract, read_embedded_contract


def test_sound_graph_passes(model, contract):
    check_graph(model, contract)


@pytest.mark.parametrize("keep", [0, 1, 10, 100, 0.5, 0.9, -1])
def test_truncated_file_is_refused(model, contract, keep, refused):
    size = int(keep * len(model)) if isinstance(keep, float) else keep
    with refused(GraphError, what="policy.onnx", fix="again"):
        check_graph(model[:size], contract)


def test_every_cut_is_refused(model, contract):
    for size in range(len(model)):
        with pytest.raises(GraphError):
            check_graph(model[:size], contract)


@pytest.mark.parametrize(
    ("rename", "missing", "extra"),
    [
        ({"position": "pos"}, "'position'", "'pos'"),
        ({"rotor_thrust": "action"}, "'rotor_thrust'", "'action'"),
        ({"integral": "state"}, "'integral'", "'state'"),
        ({"integral_next": "integral_out"}, "'integral_next'", "'integral_out'"),
    ],
)
def test_wrong_names_are_refused(proto, contract, rename, missing, extra, refused):
    for node in proto.graph.node:
        node.input[:] = [rename.get(name, name) for name in node.input]
        node.output[:] = [rename.get(name, name) for name in node.output]
    for value in (*proto.graph.input, *proto.graph.output):
        value.name = rename.get(value.name, value.name)
    with refused(GraphError, expected=missing, got=f"extra [{extra}]", fix="name"):
        check_graph(proto.SerializeToString(), contract)


def test_input_that_the_graph_lacks_is_refused(proto, contract, refused):
    proto.graph.node[0].input[0] = "position"
    del proto.graph.input[1]
    with refused(GraphError, what="inputs", got="missing ['goal_position']"):
        check_graph(proto.SerializeToString(), contract)


def test_wrong_shape_is_refused(proto, contract, refused):
    for value in (*proto.graph.input, proto.graph.output[1]):
        value.type.tensor_type.shape.dim[1].dim_value = 4
    proto.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones((4, 2), "f4"), "gain"))
    with refused(GraphError, what="position", expected="(batch, 3)", got="(batch, 4)"):
        check_graph(proto.SerializeToString(), contract)


def test_missing_batch_axis_is_refused(proto, contract, refused):
    for value in (*proto.graph.input, *proto.graph.output):
        del value.type.tensor_type.shape.dim[0]
    with refused(GraphError, expected="(batch, 3)", got="(3)"):
        check_graph(proto.SerializeToString(), contract)


def test_fixed_batch_is_refused(proto, contract, refused):
    for value in (*proto.graph.input, *proto.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    with refused(GraphError, expected="free batch", got="1, which is fixed", fix="at least 2"):
        check_graph(proto.SerializeToString(), contract)


def test_wrong_type_is_refused(proto, contract, refused):
    del proto.graph.node[:]
    proto.graph.node.append(helper.make_node("Identity", ["integral"], ["integral_next"]))
    slicing = helper.make_node("Slice", ["position", "a", "b", "c"], ["rotor_thrust"])
    proto.graph.node.append(slicing)
    for name, value in (("a", 0), ("b", 2), ("c", 1)):
        proto.graph.initializer.append(numpy_helper.from_array(np.array([value]), name))
    for value in (proto.graph.input[0], proto.graph.output[0]):
        value.type.tensor_type.elem_type = TensorProto.DOUBLE
    with refused(GraphError, what="position", expected="float32", got="double", fix="cast"):
        check_graph(proto.SerializeToString(), contract)


def test_operator_of_another_domain_is_refused(proto, contract, refused):
    proto.graph.node[4].domain = "com.microsoft"
    proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    with refused(GraphError, got="com.microsoft.Tanh", fix="standard operators"):
        check_graph(proto.SerializeToString(), contract)


def test_operator_hidden_in_a_branch_is_refused(proto, contract, refused):
    branch = helper.make_graph(
        [helper.make_node("Gelu", ["position"], ["x"], domain="com.microsoft")],
        "branch",
        [],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
    )
    node = helper.make_node("If", ["flag"], ["y"], then_branch=branch, else_branch=branch)
    proto.graph.node.append(node)
    with refused(GraphError, got="com.microsoft.Gelu"):
        check_graph(proto.SerializeToString(), contract)


def test_random_operator_is_refused(proto, contract, refused):
    proto.graph.node[4].op_type = "RandomNormalLike"
    with refused(GraphError, got="RandomNormalLike", fix="deterministic"):
        check_graph(proto.SerializeToString(), contract)


def test_local_function_is_refused(proto, contract, refused):
    opset = [helper.make_opsetid("", 18)]
    body = [helper.make_node("Tanh", ["x"], ["y"])]
    proto.functions.append(helper.make_function("", "Squash", ["x"], ["y"], body, opset))
    with refused(GraphError, got="Squash", fix="inline"):
        check_graph(proto.SerializeToString(), contract)


def test_graph_that_onnx_itself_rejects_is_refused(proto, contract, refused):
    proto.graph.node[3].input[1] = "nowhere"
    with refused(GraphError, expected="valid ONNX graph", got="nowhere"):
        check_graph(proto.SerializeToString(), contract)


def test_embedded_contract_reads_back_and_replaces_an_earlier_one(model, contract):
    text = dump_contract(contract)
    once = embed_contract(model, text.replace("test-policy", "earlier"))
    twice = embed_contract(once, text)
    assert read_embedded_contract(twice) == contract
    keys = [entry.key for entry in onnx.load_model_from_string(twice).metadata_props]
    assert sorted(keys) == ["untether.contract", "untether.contract_sha256"]


def test_embedding_keeps_other_metadata_and_the_graph(proto, contract):
    proto.metadata_props.add(key="run", value="7")
    embedded = onnx.load_model_from_string(
        embed_contract(proto.SerializeToString(), dump_contract(contract))
    )
    assert embedded.metadata_props[0].value == "7"
    assert embedded.graph == proto.graph


def test_graph_without_contract_is_refused(model, refused):
    with refused(GraphError, expected="untether.contract", got="[]", fix="write_bundle"):
        read_embedded_contract(model)


def test_changed_embedded_contract_is_refused(model, contract, refused):
    proto = onnx.load_model_from_string(embed_contract(model, dump_contract(contract)))
    proto.metadata_props[0].value = proto.metadata_props[0].value.replace("100.0", "50.0")
    with refused(GraphError, what="untether.contract_sha256"):
        read_embedded_contract(proto.SerializeToString())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), cut=st.integers(0, 8), noise=st.binary(max_size=8))
def test_any_bytes_pass_or_are_refused(model, contract, at, cut, noise):
    start = int(at * len(model))
    try:
        check_graph(model[:start] + noise + model[start + cut :], contract)
    except BundleError as error:
        assert error.fix
