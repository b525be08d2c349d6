"""Turns a prepared graph into a program: buffers, and the kernels that fill them in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from untether_policies.c_export.expressions import (
    Apply,
    Buffer,
    Expression,
    Home,
    Literal,
    Load,
    Type,
)
from untether_policies.c_export.folding import PreparedGraph
from untether_policies.c_export.kernels import Kernel, Map
from untether_policies.c_export.names import Namespace, clean_name
from untether_policies.c_export.node import Node
from untether_policies.c_export.refusal import refuse_operator

Operator = Callable[["Lowering", Node], "list[Expression]"]

_TYPES: dict[int, Type] = {
    TensorProto.FLOAT: Type.FLOAT,
    TensorProto.INT32: Type.INTEGER,
    TensorProto.INT64: Type.INTEGER,
    TensorProto.BOOL: Type.BOOLEAN,
}
_INT32 = np.iinfo(np.int32)


class Lowering:
    """Builds a program, operator by operator.

    Args:
        graph: what is to be computed.
        sources: the buffer and shape, with the batch of one, of each input of the graph.
        targets: the buffer of each output of the graph.
        operators: how each ONNX operator is lowered.
        names: gives the buffers their names.
    """

    def __init__(
        self,
        graph: PreparedGraph,
        sources: Mapping[str, tuple[Buffer, tuple[int, ...]]],
        targets: Mapping[str, Buffer],
        operators: Mapping[str, Operator],
        names: Namespace,
    ) -> None:
        self._graph = graph
        self._operators = operators
        self._names = names
        self._tables: dict[tuple[Type, bytes], Buffer] = {}
        self._kernels: list[Kernel] = []
        self._values: dict[str, Expression] = {}
        for name, (buffer, shape) in sources.items():
            self._values[name] = _whole(buffer, shape, Type.FLOAT)
        self._targets = targets
        self._first_target: dict[str, Buffer] = {}  # where a value is stored that is an output
        for output, value in graph.outputs.items():
            self._first_target.setdefault(value, targets[output])

    def lower(self) -> tuple[Kernel, ...]:
        """Return the kernels of the whole graph, in order.

        Raises:
            ExportRefusedError: at the first operator that cannot become C.
        """
        for node in self._graph.nodes:
            if node.operator not in self._operators:
                raise refuse_operator(
                    node.operator,
                    f"one of {', '.join(sorted(self._operators))}",
                    node.operator,
                    "write the policy with these operators, or run it with ONNX Runtime",
                )
            results = self._operators[node.operator](self, node)
            for name, result in zip(node.outputs, results, strict=False):
                self._keep(name, result)
        for output, value in self._graph.outputs.items():
            expression = self.value(value)
            if not (isinstance(expression, Load) and expression.buffer is self._targets[output]):
                self.fill(self._targets[output], expression)
        return tuple(self._kernels)

    def value(self, name: str) -> Expression:
        """Return a tensor that is constant, given, or computed already."""
        if name not in self._values:
            self._values[name] = self._constant(name, self._graph.constants[name])
        return self._values[name]

    def constant(self, node: Node, index: int) -> NDArray[np.generic] | None:
        """Return the value of an operator's optional input that must be constant.

        Raises:
            ExportRefusedError: when it is computed at run time.
        """
        if not node.has_input(index):
            return None
        if node.inputs[index] not in self._graph.constants:
            raise refuse_operator(
                node.operator,
                f"a constant as input {index}",
                "a value that is computed at run time",
                "make shapes, axes and indices constants of the graph",
            )
        return self._graph.constants[node.inputs[index]]

    def is_constant(self, name: str) -> bool:
        """Return whether a tensor is known at export."""
        return name in self._graph.constants

    def array(self, name: str) -> NDArray[np.generic]:
        """Return a tensor that is known at export."""
        return self._graph.constants[name]

    def table(self, name: str, values: NDArray[np.generic], type_: Type) -> Load:
        """Return a constant table, shared by all that hold the same values.

        Args:
            name: what it is called, if it is new.
            values: of any shape.
            type_: of its elements.
        """
        flat = np.ascontiguousarray(values, type_.stored.array_type).ravel()
        key = (type_.stored, flat.tobytes())
        if key not in self._tables:
            identifier = self._names.add(clean_name(f"data_{name}"))
            self._tables[key] = Buffer(identifier, flat.size, type_.stored, Home.CONSTANT, flat)
        return _whole(self._tables[key], values.shape, type_)

    def scratch(self, name: str, size: int, type_: Type) -> Buffer:
        """Return a new buffer for intermediate results."""
        return Buffer(self._names.add(clean_name(name)), size, type_.stored, Home.SCRATCH)

    def target(self, name: str, size: int, type_: Type) -> Buffer:
        """Return where an operator's result is to be stored: an output, or a new buffer."""
        if name in self._first_target:
            return self._first_target[name]
        return self.scratch(name, size, type_)

    def emit(self, kernel: Kernel) -> None:
        """Add a kernel to the program."""
        self._kernels.append(kernel)

    def fill(self, buffer: Buffer, expression: Expression) -> None:
        """Compute an expression into a whole buffer."""
        positions = np.arange(buffer.size).reshape(expression.shape)
        self.emit(Map(buffer, positions, expression))

    def copy(self, expression: Expression, name: str) -> Load:
        """Return a tensor that lies in a buffer of its own, in row-major order."""
        label = expression.label if isinstance(expression, Apply) else ""
        buffer = self.scratch(label or name, int(np.prod(expression.shape)), expression.type)
        self.fill(buffer, expression)
        return _whole(buffer, expression.shape, expression.type)

    def store(self, expression: Expression, name: str = "shared") -> Expression:
        """Return a tensor that costs nothing to read again: computed into a buffer if need be."""
        return self.copy(expression, name) if isinstance(expression, Apply) else expression

    def stored(self, buffer: Buffer, shape: tuple[int, ...], type_: Type) -> Load:
        """Return the tensor that a kernel has computed into a buffer."""
        return _whole(buffer, shape, type_)

    def type_of(self, number: int, operator: str) -> Type:
        """Return the type for an ONNX element type.

        Raises:
            ExportRefusedError: when C for microcontrollers has no such type here.
        """
        if number not in _TYPES:
            raise refuse_operator(
                operator,
                "float32, int32, int64 or bool",
                TensorProto.DataType.Name(number).lower(),
                "compute in float32",
            )
        return _TYPES[number]

    def _keep(self, name: str, result: Expression) -> None:
        """Remember an operator's result; store it if it is an output or read more than once."""
        uses = self._graph.uses.get(name, 0)
        if name in self._first_target and not self._is_stored(name, result):
            target = self._first_target[name]
            self.fill(target, result)
            result = _whole(target, result.shape, result.type)
        elif isinstance(result, Apply) and uses > 1 and not _is_cheap(result, uses):
            result = self.store(result, name)
        elif isinstance(result, Apply):
            result = replace(result, label=name)
        self._values[name] = result

    def _is_stored(self, name: str, result: Expression) -> bool:
        """Return whether an output lies in its buffer already."""
        return isinstance(result, Load) and result.buffer is self._first_target[name]

    def _constant(self, name: str, values: NDArray[np.generic]) -> Expression:
        """Return a constant tensor: one number, or a table."""
        kinds = {"f": Type.FLOAT, "i": Type.INTEGER, "u": Type.INTEGER, "b": Type.BOOLEAN}
        if values.dtype.kind not in kinds or values.dtype in (np.float64, np.float16):
            raise refuse_operator(
                "Constant", "float32, whole numbers or bool", str(values.dtype), "use float32"
            )
        type_ = kinds[values.dtype.kind]
        if type_ is Type.INTEGER:  # slices to the end use the largest 64-bit number
            values = np.clip(values.astype(np.int64), _INT32.min, _INT32.max)
        if (values == values.flat[0]).all():
            return Literal(values.flat[0].item(), type_, values.shape)
        return self.table(name, values, type_)


def _is_cheap(expression: Apply, uses: int) -> bool:
    """Return whether computing again takes less code than storing and loading."""
    return (
        uses == 2
        and expression.operation.is_cheap
        and not any(isinstance(argument, Apply) for argument in expression.arguments)
    )


def _whole(buffer: Buffer, shape: tuple[int, ...], type_: Type) -> Load:
    """Return all of a buffer as a tensor."""
    return Load(buffer, np.arange(buffer.size).reshape(shape), type_)
