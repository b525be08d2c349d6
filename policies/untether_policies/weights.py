"""Checks that every number stored in a graph is inside the file and finite."""

import re
from collections.abc import Iterator

import numpy as np
import onnx
from onnx import numpy_helper

from untether_policies.errors import GraphError
from untether_policies.subgraphs import walk_graphs

_FLOAT_TYPE = re.compile(r"(FLOAT|DOUBLE|BFLOAT).*")


def check_weights(proto: onnx.ModelProto) -> None:
    """Refuse weights and constants that are in another file, NaN or infinite.

    Raises:
        GraphError: naming the tensor.
    """
    for graph in walk_graphs(proto.graph):
        for tensor in _tensors(graph):
            _check_tensor(tensor)
        for node in graph.node:
            for attribute in node.attribute:
                if not np.all(np.isfinite([attribute.f, *attribute.floats])):
                    raise _not_finite(f"{node.op_type} {node.name}: {attribute.name}")


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Yield every tensor stored in a graph."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield sparse.values
        yield sparse.indices
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            if attribute.HasField("sparse_tensor"):
                yield attribute.sparse_tensor.values
            yield from attribute.tensors


def _check_tensor(tensor: onnx.TensorProto) -> None:
    """Refuse one tensor that is external, damaged or not finite."""
    where = f"policy.onnx: weights {tensor.name!r}"
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise GraphError(
            where,
            expected="weights inside the file",
            got="a reference to another file",
            fix="save with onnx.save_model(model, path, save_as_external_data=False)",
        )
    if tensor.data_type not in onnx.TensorProto.DataType.values():
        got = f"type {tensor.data_type}"
        raise GraphError(where, expected="a type that ONNX has", got=got, fix="export again")
    if not _FLOAT_TYPE.fullmatch(onnx.TensorProto.DataType.Name(tensor.data_type)):
        return
    try:
        finite = np.all(np.isfinite(numpy_helper.to_array(tensor)))
    except (ValueError, TypeError) as error:
        raise GraphError(
            where,
            expected=f"values for shape {list(tensor.dims)}",
            got=" ".join(str(error).split())[:200],
            fix="copy the bundle again, or export it again",
        ) from error
    if not finite:
        raise _not_finite(tensor.name)


def _not_finite(name: str) -> GraphError:
    """Return the error for a number that is NaN or infinite."""
    return GraphError(
        f"policy.onnx: weights {name!r}",
        expected="finite numbers",
        got="NaN or infinity",
        fix="export an earlier checkpoint, from before training diverged; mask with -1e9, not -inf",
    )
