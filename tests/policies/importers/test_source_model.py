import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from untether_policies.importers.refusal import ImportRefusedError
from untether_policies.importers.source_model import load_source_model


def save(model, path):
    onnx.save(model, path)
    return path


def test_a_batch_of_one_becomes_a_free_batch(network, tmp_path):
    source = load_source_model(save(network(48, 12), tmp_path / "policy.onnx"))
    assert (source.observation, source.observation_width) == ("obs", 48)
    assert (source.action, source.action_width) == ("actions", 12)
    for value in (*source.model.graph.input, *source.model.graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param
    assert not source.model.graph.value_info


def test_weights_in_a_second_file_are_read_and_hashed(network, tmp_path):
    path = tmp_path / "policy.onnx"
    onnx.save(
        network(48, 12), path, save_as_external_data=True, location="w.data", size_threshold=0
    )
    source = load_source_model(path)
    assert set(source.hashes) == {"policy.onnx", "w.data"}
    observation = np.ones(48, np.float32)
    inside = load_source_model(save(network(48, 12), tmp_path / "inside.onnx"))
    assert np.array_equal(source.run(observation), inside.run(observation))


@pytest.mark.parametrize("location", ["../secret.data", "/etc/hostname", "sub/w.data"])
def test_weights_outside_the_folder_are_refused(location, network, tmp_path, refused):
    path, model = tmp_path / "policy.onnx", network(4, 2)
    for tensor in model.graph.initializer:
        onnx.external_data_helper.set_external_data(tensor, location=location)
        tensor.ClearField("raw_data")
    path.write_bytes(model.SerializeToString())
    with refused(ImportRefusedError, got="outside"):
        load_source_model(path)


def test_a_missing_file_of_weights_is_refused(network, tmp_path, refused):
    path = tmp_path / "policy.onnx"
    onnx.save(network(4, 2), path, save_as_external_data=True, location="w.data", size_threshold=0)
    (tmp_path / "w.data").unlink()
    with refused(ImportRefusedError, got="w.data", fix="travel together"):
        load_source_model(path)


def test_an_old_opset_is_converted(network, tmp_path):
    old, new = network(48, 12, opset=9), network(48, 12)
    source = load_source_model(save(old, tmp_path / "old.onnx"))
    assert source.model.opset_import[0].version == 18
    reference = load_source_model(save(new, tmp_path / "new.onnx"))
    observation = np.linspace(-1.0, 1.0, 48, dtype=np.float32)
    assert np.allclose(source.run(observation), reference.run(observation), atol=1e-6)


@pytest.mark.parametrize("content", [b"", b"not onnx at all", None])
def test_a_damaged_or_missing_file_is_refused(content, network, tmp_path, refused):
    path = tmp_path / "policy.onnx"
    if content is not None:
        path.write_bytes(content)
    with refused(ImportRefusedError, what="policy.onnx", fix="copy"):
        load_source_model(path)


def test_a_cut_off_file_is_refused(network, tmp_path, refused):
    path = tmp_path / "policy.onnx"
    path.write_bytes(network(48, 12).SerializeToString()[:-200])
    with refused(ImportRefusedError, expected="complete ONNX file"):
        load_source_model(path)


def test_a_second_input_or_output_is_refused(network, tmp_path, refused):
    model = network(48, 12)
    model.graph.input.append(helper.make_tensor_value_info("time_step", TensorProto.FLOAT, [1, 1]))
    with refused(ImportRefusedError, expected="one input", got="time_step", fix="IMPORTING.md"):
        load_source_model(save(model, tmp_path / "inputs.onnx"))
    model = network(48, 12)
    model.graph.output.append(helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, 16]))
    with refused(ImportRefusedError, expected="one output", got="hidden"):
        load_source_model(save(model, tmp_path / "outputs.onnx"))


@pytest.mark.parametrize("change", ["double", "rank"])
def test_a_tensor_that_is_no_plain_float_vector_is_refused(change, network, tmp_path, refused):
    model = network(48, 12)
    tensor = model.graph.input[0].type.tensor_type
    if change == "double":
        tensor.elem_type = TensorProto.DOUBLE
    else:
        tensor.shape.dim.add().dim_value = 1
    with refused(ImportRefusedError, expected="float32"):
        load_source_model(save(model, tmp_path / "policy.onnx"))
