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
from untether_policies.c_export.kernels import Dense
from untether_policies.c_export.loops import are_contiguous
from untether_policies.c_export.lowering import Lowering, Operator
from untether_policies.c_export.node import Node
from untether_policies.c_export.operators.elementwise import ADD, MULTIPLY, apply
from untether_policies.c_export.operators.reduction import SUM, reduce_axes


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
    lowering.emit(
        Dense(
            buffer,
            source,
            lowering.table(node.inputs[1], weight),
            None if bias is None else lowering.table(node.inputs[2], bias),
            rows,
            inputs,
            outputs,
        )
    )
    return lowering.stored(buffer, shape, Type.FLOAT)


def _multiply(lowering: Lowering, name: str, left: Expression, right: Expression) -> Expression:
    """Emit a matrix product of two tensors by numpy's rules."""
    left, right = lowering.store(left, f"{name}/left"), lowering.store(right, f"{name}/right")
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


OPERATORS: dict[str, Operator] = {"MatMul": _lower_matmul, "Gemm": _lower_gemm}
