"""Prepares a graph for C: batch of one, constants folded, dead operators removed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from untether_policies.c_export.node import Node
from untether_policies.c_export.refusal import ExportRefusedError, refuse_operator
from untether_policies.graph import read_model

_MAX_VALUES = 1 << 20  # of one tensor; no microcontroller holds more

Constants = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class PreparedGraph:
    """What is left to compute at each step, for one robot.

    Attributes:
        nodes: operators in an order in which each finds its inputs ready.
        constants: values known at export, by name.
        outputs: the value behind each output of the graph.
        uses: how often each value is read, outputs included.
    """

    nodes: tuple[Node, ...]
    constants: Constants
    outputs: Mapping[str, str]
    uses: Mapping[str, int]


def prepare_graph(model: bytes) -> PreparedGraph:
    """Fix the batch to one robot, fold what is constant, and drop what nothing needs.

    Args:
        model: the bytes of ``policy.onnx``, checked.

    Raises:
        ExportRefusedError: when an operator cannot be understood or computed at export.
    """
    proto = read_model(model)
    return _Folder(proto).fold()


class _Folder:
    """Walks a graph once, in order, and knows type, shape and constant value of what it passed."""

    def __init__(self, proto: onnx.ModelProto) -> None:
        self._graph = proto.graph
        self._ir_version = proto.ir_version
        self._opset = next(o.version for o in proto.opset_import if o.domain in ("", "ai.onnx"))
        self._imports = [helper.make_opsetid("", self._opset)]
        self._types: dict[str, onnx.TypeProto] = {}
        self._constants: dict[str, NDArray[np.generic]] = {}
        self._aliases: dict[str, str] = {}
        self._nodes: list[Node] = []

    def fold(self) -> PreparedGraph:
        """Return what is left of the graph."""
        for tensor in self._graph.initializer:
            self._add_constant(tensor.name, numpy_helper.to_array(tensor))
        for value in self._graph.input:
            if value.name not in self._constants:
                shape = [1, *(dim.dim_value for dim in value.type.tensor_type.shape.dim[1:])]
                self._types[value.name] = helper.make_tensor_type_proto(
                    value.type.tensor_type.elem_type, shape
                )
        for proto in self._graph.node:
            node = Node.from_proto(proto, self._opset)
            inputs = tuple(self._aliases.get(name, name) for name in node.inputs)
            self._visit(Node(node.operator, inputs, node.outputs, node.opset, node.attributes))
        outputs = {v.name: self._aliases.get(v.name, v.name) for v in self._graph.output}
        nodes, uses = _drop_unused(self._nodes, outputs)
        return PreparedGraph(nodes, self._constants, outputs, uses)

    def _visit(self, node: Node) -> None:
        """Fold, skip or keep one operator."""
        same = self._same_value(node)
        if same is not None:
            self._aliases[node.outputs[0]] = same
            return
        if all(name in self._constants for name in node.inputs if name):
            for name, value in zip(node.outputs, self._evaluate(node), strict=True):
                self._add_constant(name, value)
            return
        types = self._infer(node)
        if node.operator in ("Shape", "Size"):
            self._add_constant(node.outputs[0], self._measure(node))
            return
        self._types.update(types)
        self._nodes.append(node)

    def _same_value(self, node: Node) -> str | None:
        """Return the input that an operator hands on as it is, if it does."""
        if node.operator == "Identity" or (node.operator == "Dropout" and not node.has_input(2)):
            return node.inputs[0]
        if node.operator == "Where" and node.inputs[0] in self._constants:
            condition, yes, no = node.inputs
            if self._constants[condition].ndim == 0 and self._shape(yes) == self._shape(no):
                return yes if self._constants[condition].all() else no
        return None

    def _evaluate(self, node: Node) -> list[NDArray[np.generic]]:
        """Compute an operator whose inputs are all constant."""
        feeds = {name: self._constants[name] for name in node.inputs if name}
        evaluator = ReferenceEvaluator(node.to_proto(), opsets={"": self._opset})
        try:
            with np.errstate(all="ignore"):
                return [np.asarray(value) for value in evaluator.run(None, feeds)]
        except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError) as error:
            raise refuse_operator(
                node.operator,
                "constants that can be computed at export",
                " ".join(str(error).split())[:200],
                "run onnxruntime's or onnxslim's constant folding before writing the bundle",
            ) from error

    def _infer(self, node: Node) -> dict[str, onnx.TypeProto]:
        """Return the types and shapes of an operator's outputs."""
        data = {
            name: numpy_helper.from_array(self._constants[name], name)
            for name in node.inputs
            if name in self._constants
        }
        types = {name: self._types[name] for name in node.inputs if name}
        try:
            schema = onnx.defs.get_schema(node.operator, self._opset, "")
            found = onnx.shape_inference.infer_node_outputs(
                schema,
                node.to_proto(),
                types,
                data,
                opset_imports=self._imports,
                ir_version=self._ir_version,
            )
        except (
            onnx.shape_inference.InferenceError,
            onnx.defs.SchemaError,
            RuntimeError,
            ValueError,
        ) as error:
            raise _no_shape(node, " ".join(str(error).split())[:200]) from error
        for name in filter(None, node.outputs):
            tensor = found[name].tensor_type if name in found else None
            if tensor is None or not _is_static(tensor):
                raise _no_shape(node, f"a shape of {name[:80]!r} that depends on the values")
            size = int(np.prod([dim.dim_value for dim in tensor.shape.dim], dtype=np.int64))
            if not 0 < size <= _MAX_VALUES:
                raise ExportRefusedError(
                    f"policy.onnx: operator {node.operator}",
                    expected=f"tensors of 1 to {_MAX_VALUES:,} values",
                    got=f"{size:,}",
                    fix="export a smaller policy: this one belongs on a larger computer",
                )
        return found

    def _measure(self, node: Node) -> NDArray[np.int64]:
        """Return what ``Shape`` or ``Size`` gives, which is known for one robot."""
        shape = self._shape(node.inputs[0])
        if node.operator == "Size":
            return np.array(int(np.prod(shape, dtype=np.int64)), np.int64)
        start, end = node.integer("start", 0), node.integer("end", len(shape))
        return np.array(shape[start:end], np.int64)

    def _shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a value that was passed."""
        return tuple(dim.dim_value for dim in self._types[name].tensor_type.shape.dim)

    def _add_constant(self, name: str, value: NDArray[np.generic]) -> None:
        """Remember a constant and its type."""
        self._constants[name] = value
        number = helper.np_dtype_to_tensor_dtype(value.dtype)
        self._types[name] = helper.make_tensor_type_proto(number, value.shape)


def _drop_unused(
    nodes: list[Node], outputs: Mapping[str, str]
) -> tuple[tuple[Node, ...], Mapping[str, int]]:
    """Return the operators that the outputs need, and how often each value is read."""
    uses = Counter(outputs.values())
    kept: list[Node] = []
    for node in reversed(nodes):
        if any(uses[name] for name in node.outputs):
            kept.append(node)
            uses.update(name for name in node.inputs if name)
    return tuple(reversed(kept)), uses


def _is_static(tensor: onnx.TypeProto.Tensor) -> bool:
    """Return whether a type has a shape, of numbers only."""
    return tensor.HasField("shape") and all(d.HasField("dim_value") for d in tensor.shape.dim)


def _no_shape(node: Node, got: str) -> ExportRefusedError:
    """Return the error for a shape that is not known at export."""
    return refuse_operator(
        node.operator,
        "shapes that are known at export",
        got,
        "compute shapes, indices and axes from constants and from the shape of the inputs",
    )
