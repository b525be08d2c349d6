"""Matrix products: with constant weights as a dense layer, else as a sum of products."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from untether_policies.c_export.expressions import (
    Apply,
    Expression,
    Literal,
    Load,
    Type,
    broadcast,
    rearrange,
)
from untether_policies.c_export.kernels import Call
from untether_policies.c_export.literals import write_float
from untether_policies.c_export.loops import are_contiguous, is_regular
from untether_policies.c_export.lowering import Lowering, Operator
from untether_policies.c_export.node import Node
from untether_policies.c_export.operators.elementwise import ADD, MULTIPLY, apply
from untether_policies.c_export.operators.reduction import SUM, reduce_axes

_LEAST_BYTES = 48  # of a matrix that is stored in bytes


def _lower_matmul(lowering: Lowering, node: Node) -> list[Expression]:
    left, right = node.inputs
    if lowering.is_constant(right) and lowering.array(right).ndim == 2:
        weight = lowering.array(right).astype(np.float32).T
        value = lowering.value(left)
        if value.shape:
            return [_multiply_by_weight(lowering, node, value, weight, None)]
    first, second = lowering.value(left), lowering.value(right)
    return [_multiply(lowering, node.outputs[0], first, second)]


def _lower_gemm(lowering: Lowering, node: Node) -> list[Expression]:
    """``Gemm``: ``alpha A' B' + beta C``."""
    alpha, beta = np.float32(node.number("alpha", 1.0)), np.float32(node.number("beta", 1.0))
    left = lowering.value(node.inputs[0])
    if node.integer("transA", 0):
        left = rearrange(left, np.transpose)
    addend = node.inputs[2] if node.has_input(2) else None
    columns = node.inputs[1]
    if lowering.is_constant(columns):
        stored = lowering.array(columns).astype(np.float32)
        weight = alpha * (stored if node.integer("transB", 0) else stored.T)
        bias = _find_bias(lowering, addend, beta, len(weight))
        result = _multiply_by_weight(lowering, node, left, weight, bias)
        if bias is not None or addend is None:
            return [result]
    else:
        right = lowering.value(columns)
        if node.integer("transB", 0):
            right = rearrange(right, np.transpose)
        result = _multiply(lowering, f"{node.outputs[0]}/product", left, right)
        result = _scale(lowering, result, float(alpha))
        if addend is None:
            return [result]
    added = _scale(lowering, lowering.value(addend), float(beta))
    return [apply(lowering, ADD, result, added)]


def _find_bias(
    lowering: Lowering, name: str | None, beta: np.float32, outputs: int
) -> NDArray[np.float32] | None:
    """Return what a layer adds to every row, if it is constant and the same for each."""
    if name is None or not lowering.is_constant(name):
        return None
    values = lowering.array(name).astype(np.float32)
    if values.ndim == 2 and values.shape[0] > 1:
        return None
    return np.broadcast_to(beta * values.ravel(), (outputs,))


def _scale(lowering: Lowering, value: Expression, factor: float) -> Expression:
    """Return a tensor times a number."""
    if factor == 1.0:
        return value
    return apply(lowering, MULTIPLY, value, Literal(factor, Type.FLOAT, value.shape))


def _multiply_by_weight(
    lowering: Lowering,
    node: Node,
    value: Expression,
    weight: NDArray[np.float32],
    bias: NDArray[np.float32] | None,
) -> Expression:
    """Emit a dense layer over the last axis; ``weight`` is ``(outputs, inputs)``."""
    outputs, inputs = weight.shape
    source = value
    if not (isinstance(source, Load) and are_contiguous(source.positions)):
        source = lowering.copy(value, f"{node.outputs[0]}/input")
    rows = source.positions.size // inputs
    shape = (*source.shape[:-1], outputs)
    complete = node.operator == "MatMul" or bias is not None or not node.has_input(2)
    name = node.outputs[0] if complete else f"{node.outputs[0]}/product"
    buffer = lowering.target(name, rows * outputs, Type.FLOAT)
    unit = _find_unit(weight)
    if rows == 1 and bias is None and unit is not None:
        table = lowering.table(node.inputs[1], weight / unit, Type.BYTE)
        numbers = (write_float(unit), str(inputs), str(outputs))
        lowering.emit(Call(buffer, "combine", (source, table), numbers))
    else:
        table = lowering.table(node.inputs[1], weight, Type.FLOAT)
        added = None if bias is None else lowering.table(node.inputs[2], bias, Type.FLOAT)
        numbers = (str(rows), str(inputs), str(outputs))
        lowering.emit(Call(buffer, "dense", (source, table, added), numbers))
    return lowering.stored(buffer, shape, Type.FLOAT)


def _find_unit(weight: NDArray[np.float32]) -> float | None:
    """Return the power of two of which all weights are multiples that fit a byte.

    None where there is none, and for a matrix so small that the code for it costs more.
    """
    if weight.size < _LEAST_BYTES:
        return None
    for unit in (1.0, 0.5, 0.25, 0.125):
        multiples = weight / unit
        if np.array_equal(multiples, np.round(multiples)) and np.abs(multiples).max() < 128:
            return unit
    return None


def _multiply(lowering: Lowering, name: str, left: Expression, right: Expression) -> Expression:
    """Emit a matrix product of two tensors by numpy's rules."""
    left, right = lowering.store(left, f"{name}/left"), lowering.store(right, f"{name}/right")
    if isinstance(left, Load) and isinstance(right, Load):
        result = _multiply_rows(lowering, name, left, right)
        if result is not None:
            return result
    one_row, one_column = len(left.shape) == 1, len(right.shape) == 1
    if one_row:
        left = rearrange(left, lambda positions: positions[None, :])
    if one_column:
        right = rearrange(right, lambda positions: positions[:, None])
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    rows, inner, columns = left.shape[-2], left.shape[-1], right.shape[-1]
    shape = (*batch, rows, columns, inner)
    left = rearrange(left, lambda positions: positions[..., :, None, :])
    right = rearrange(right, lambda positions: np.swapaxes(positions, -1, -2)[..., None, :, :])
    product = Apply(MULTIPLY, (broadcast(left, shape), broadcast(right, shape)))
    result = reduce_axes(lowering, name, SUM, product, [len(shape) - 1])

    def drop(positions: NDArray[np.int64]) -> NDArray[np.int64]:
        axes = [-1, *([-3] if one_row else []), *([-2] if one_column else [])]
        return np.squeeze(positions, tuple(axes))

    return rearrange(result, drop)


def _multiply_rows(lowering: Lowering, name: str, left: Load, right: Load) -> Load | None:
    """Emit a product of rows and one computed matrix as a call, if both lie as the helper needs."""
    if min(len(left.shape), len(right.shape)) < 2 or any(size > 1 for size in right.shape[:-2]):
        return None
    inner, columns = right.shape[-2:]
    matrix = Load(right.buffer, right.positions.reshape(inner, columns), right.type)
    if not (is_regular(matrix.positions) and are_contiguous(matrix.positions[0])):
        return None
    if not are_contiguous(left.positions):
        return None
    rows = left.positions.size // inner
    step = int(matrix.positions[-1, 0] - matrix.positions[0, 0]) // max(inner - 1, 1)
    buffer = lowering.target(name, rows * columns, Type.FLOAT)
    numbers = (str(rows), str(inner), str(columns), str(step))
    lowering.emit(Call(buffer, "multiply", (left, matrix), numbers))
    shape = (*np.broadcast_shapes(left.shape[:-2], right.shape[:-2]), left.shape[-2], columns)
    return lowering.stored(buffer, shape, Type.FLOAT)


OPERATORS: dict[str, Operator] = {"MatMul": _lower_matmul, "Gemm": _lower_gemm}
