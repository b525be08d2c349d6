"""Composes ONNX graphs: one graph around another, node by node."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import ArrayLike, DTypeLike
from onnx import TensorProto, compose, helper, numpy_helper

BATCH = "batch"
MINIMUM_OPSET = 11  # Clip and Slice take tensors, so that no node here needs a newer form
_MINIMUM_IR = 8  # of onnx 1.10: weights need not be inputs, and every runtime since reads it


class GraphBuilder:
    """Builds one ONNX graph around existing models.

    Every tensor is named; each call that makes a tensor returns its name, which later calls take.
    All inputs and outputs are float32 with a symbolic batch axis in front. The nodes used by the
    callers exist in the same form since opset 11, so the graph keeps the opset of the model that
    it wraps and nothing has to be converted.

    Args:
        name: Name of the graph.
        opset_imports: Opsets, usually those of the model that is embedded.
    """

    def __init__(self, name: str, opset_imports: Sequence[onnx.OperatorSetIdProto]) -> None:
        self._name = name
        self._opset_imports = list(opset_imports)
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def add_input(self, name: str, shape: Sequence[int]) -> str:
        """Declare the graph input ``name`` of shape (batch, *shape)."""
        self._inputs.append(_value(name, shape))
        return name

    def add_output(self, tensor: str, name: str, shape: Sequence[int]) -> None:
        """Declare the graph output ``name`` of shape (batch, *shape), equal to ``tensor``."""
        self._nodes.append(helper.make_node("Identity", [tensor], [name]))
        self._outputs.append(_value(name, shape))

    def constant(self, values: ArrayLike, dtype: DTypeLike = np.float32) -> str:
        """Add a constant tensor."""
        name = self._fresh("constant")
        self._initializers.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def node(self, operator: str, *inputs: str, axis: int | None = None) -> str:
        """Add a node with one output and return that output."""
        name = self._fresh(operator.lower())
        node = helper.make_node(operator, list(inputs), [name])
        if axis is not None:
            node.attribute.append(helper.make_attribute("axis", axis))
        self._nodes.append(node)
        return name

    def gather(self, tensor: str, indices: Sequence[int]) -> str:
        """Take ``indices`` along the last axis of a (batch, n) tensor."""
        return self.node("Gather", tensor, self.constant(indices, np.int64), axis=1)

    def clamp(self, tensor: str, lower: ArrayLike | None, upper: ArrayLike | None) -> str:
        """Clamp to bounds per element; None leaves that side open."""
        if lower is not None:
            tensor = self.node("Max", tensor, self.constant(lower))
        if upper is not None:
            tensor = self.node("Min", tensor, self.constant(upper))
        return tensor

    def reshape(self, tensor: str, shape: Sequence[int]) -> str:
        """Reshape to (batch, *shape)."""
        return self.node("Reshape", tensor, self.constant([-1, *shape], np.int64))

    def embed(
        self, model: onnx.ModelProto, prefix: str, inputs: Mapping[str, str]
    ) -> dict[str, str]:
        """Put a whole model into this graph.

        Args:
            model: The model; its opsets must be those of this graph.
            prefix: Put before each of the model's names, so that none collide.
            inputs: Tensor of this graph for each input of the model.

        Returns:
            Tensor of this graph for each output of the model.
        """
        inner = compose.add_prefix(model, prefix).graph
        weights = {tensor.name for tensor in inner.initializer}
        for value in inner.input:
            if value.name not in weights:
                source = inputs[value.name.removeprefix(prefix)]
                self._nodes.append(helper.make_node("Identity", [source], [value.name]))
        self._nodes.extend(inner.node)
        self._initializers.extend(inner.initializer)
        return {value.name.removeprefix(prefix): value.name for value in inner.output}

    def build(self) -> onnx.ModelProto:
        """Return the finished and checked model."""
        graph = helper.make_graph(
            self._nodes, self._name, self._inputs, self._outputs, self._initializers
        )
        model = helper.make_model(
            graph, producer_name="untether", opset_imports=self._opset_imports
        )
        model.ir_version = find_ir_version(self._opset_imports)
        onnx.checker.check_model(model, full_check=True)
        return model

    def _fresh(self, kind: str) -> str:
        self._count += 1
        return f"untether_{kind}_{self._count}"


def find_ir_version(opset_imports: Sequence[onnx.OperatorSetIdProto]) -> int:
    """Return the oldest file format that has these opsets, so that most runtimes read it."""
    return max(_MINIMUM_IR, helper.find_min_ir_version_for(opset_imports, ignore_unknown=True))


def _value(name: str, shape: Sequence[int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape])
