"""Softmax and layer normalisation."""

from __future__ import annotations

import numpy as np

from untether_policies.c_export.expressions import Expression, Load, Type, broadcast, rearrange
from untether_policies.c_export.kernels import Call
from untether_policies.c_export.literals import write_float
from untether_policies.c_export.loops import are_contiguous
from untether_policies.c_export.lowering import Lowering, Operator
from untether_policies.c_export.node import Node
from untether_policies.c_export.operators.elementwise import (
    EXPONENTIAL,
    SUBTRACT,
    apply,
    call,
)
from untether_policies.c_export.operators.reduction import MAXIMUM, SUM, reduce_axes
from untether_policies.c_export.refusal import refuse_operator

_LOGARITHM = call("logf")


def _lower_softmax(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    axes = _softmax_axes(node, value)
    return [_call_on_rows(lowering, node.outputs[0], "softmax", value, axes)]


def _lower_log_softmax(lowering: Lowering, node: Node) -> list[Expression]:
    name, value = node.outputs[0], lowering.value(node.inputs[0])
    axes = _softmax_axes(node, value)
    value = lowering.store(value, f"{name}/logits")
    greatest = reduce_axes(lowering, f"{name}/greatest", MAXIMUM, value, axes)
    shifted = lowering.store(apply(lowering, SUBTRACT, value, greatest), f"{name}/shifted")
    powers = apply(lowering, EXPONENTIAL, shifted)
    total = reduce_axes(lowering, f"{name}/total", SUM, powers, axes)
    return [apply(lowering, SUBTRACT, shifted, apply(lowering, _LOGARITHM, total))]


def _softmax_axes(node: Node, value: Expression) -> list[int]:
    """Return the axes over which the results sum to one; before opset 13 all from ``axis`` on."""
    axis = node.integer("axis", -1 if node.opset >= 13 else 1) % len(value.shape)
    return [axis] if node.opset >= 13 else list(range(axis, len(value.shape)))


def _lower_layer_normalization(lowering: Lowering, node: Node) -> list[Expression]:
    """``LayerNormalization``: zero mean and unit variance over the last axes, scale and bias."""
    if any(node.outputs[1:]):
        raise refuse_operator(
            node.operator, "one output", f"{len(node.outputs)}", "drop mean and deviation"
        )
    name, value = node.outputs[0], lowering.value(node.inputs[0])
    axes = list(range(node.integer("axis", -1) % len(value.shape), len(value.shape)))
    shape = tuple(value.shape[axis] for axis in axes)
    arrays = (
        _lay_out(lowering, node.inputs[1], shape),
        _lay_out(lowering, node.inputs[2], shape) if node.has_input(2) else None,
    )
    epsilon = write_float(node.number("epsilon", 1e-5))
    return [_call_on_rows(lowering, name, "normalise", value, axes, arrays, epsilon)]


def _lay_out(lowering: Lowering, name: str, shape: tuple[int, ...]) -> Load:
    """Return a tensor as one row of memory, stretched to a shape."""
    if lowering.is_constant(name):
        values = lowering.array(name).astype(np.float32)
        return lowering.table(name, np.broadcast_to(values, shape), Type.FLOAT)
    return _make_contiguous(lowering, broadcast(lowering.store(lowering.value(name)), shape), name)


def _make_contiguous(lowering: Lowering, value: Expression, name: str) -> Load:
    """Return a tensor whose elements follow each other in memory."""
    if isinstance(value, Load) and are_contiguous(value.positions):
        return value
    return lowering.copy(value, f"{name}/rows")


def _call_on_rows(
    lowering: Lowering,
    name: str,
    function: str,
    value: Expression,
    axes: list[int],
    arrays: tuple[Load | None, ...] = (),
    *numbers: str,
) -> Expression:
    """Emit the call of a helper on rows that go over some axes; they come to lie last for it.

    Args:
        lowering: takes the kernel.
        name: of the result.
        function: name of the helper.
        value: the tensor.
        axes: of a row.
        arrays: what the helper takes after the tensor.
        numbers: C text of what it takes after the number of rows and their size.
    """
    order = [*(axis for axis in range(len(value.shape)) if axis not in axes), *axes]
    source = rearrange(value, lambda positions: np.transpose(positions, order))
    source = _make_contiguous(lowering, source, name)
    count, size = source.positions.size, int(np.prod([value.shape[axis] for axis in axes]))
    turned = order != sorted(order)
    buffer = (lowering.scratch if turned else lowering.target)(name, count, Type.FLOAT)
    sizes = (str(count // size), str(size))
    lowering.emit(Call(buffer, function, (source, *arrays), (*sizes, *numbers)))
    result = lowering.stored(buffer, source.shape, Type.FLOAT)
    return rearrange(result, lambda positions: np.transpose(positions, np.argsort(order)))


OPERATORS: dict[str, Operator] = {
    "Softmax": _lower_softmax,
    "LogSoftmax": _lower_log_softmax,
    "LayerNormalization": _lower_layer_normalization,
}
