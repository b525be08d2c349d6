"""Softmax and layer normalisation, from reductions and element-wise parts."""

from __future__ import annotations

from untether_policies.c_export.expressions import Expression, Literal, Type
from untether_policies.c_export.lowering import Lowering, Operator
from untether_policies.c_export.node import Node
from untether_policies.c_export.operators.elementwise import (
    ADD,
    DIVIDE,
    EXPONENTIAL,
    MULTIPLY,
    RECIPROCAL,
    SQUARE_ROOT,
    SUBTRACT,
    apply,
    call,
)
from untether_policies.c_export.operators.reduction import (
    MAXIMUM,
    MEAN,
    MEAN_SQUARE,
    SUM,
    reduce_axes,
)
from untether_policies.c_export.refusal import refuse_operator

_LOGARITHM = call("logf")


def _lower_softmax(lowering: Lowering, node: Node) -> list[Expression]:
    """``Softmax`` and ``LogSoftmax``; the greatest value is taken off, so that nothing overflows.

    Before opset 13 it went over all axes from ``axis`` on.
    """
    name, value = node.outputs[0], lowering.value(node.inputs[0])
    axis = node.integer("axis", -1 if node.opset >= 13 else 1) % len(value.shape)
    axes = [axis] if node.opset >= 13 else list(range(axis, len(value.shape)))
    value = lowering.store(value, f"{name}/logits")
    greatest = reduce_axes(lowering, f"{name}/greatest", MAXIMUM, value, axes)
    shifted = apply(lowering, SUBTRACT, value, greatest)
    if node.operator == "LogSoftmax":
        shifted = lowering.store(shifted, f"{name}/shifted")
        powers = apply(lowering, EXPONENTIAL, shifted)
        total = reduce_axes(lowering, f"{name}/total", SUM, powers, axes)
        return [apply(lowering, SUBTRACT, shifted, apply(lowering, _LOGARITHM, total))]
    powers = lowering.store(apply(lowering, EXPONENTIAL, shifted), f"{name}/powers")
    total = reduce_axes(lowering, f"{name}/total", SUM, powers, axes)
    return [apply(lowering, DIVIDE, powers, total)]


def _lower_layer_normalization(lowering: Lowering, node: Node) -> list[Expression]:
    """``LayerNormalization``: zero mean and unit variance over the last axes, scale and bias."""
    if any(node.outputs[1:]):
        raise refuse_operator(
            node.operator, "one output", f"{len(node.outputs)}", "drop mean and deviation"
        )
    name, value = node.outputs[0], lowering.value(node.inputs[0])
    axes = list(range(node.integer("axis", -1) % len(value.shape), len(value.shape)))
    value = lowering.store(value, f"{name}/input")
    mean = reduce_axes(lowering, f"{name}/mean", MEAN, value, axes)
    centred = lowering.store(apply(lowering, SUBTRACT, value, mean), f"{name}/centred")
    variance = reduce_axes(lowering, f"{name}/variance", MEAN_SQUARE, centred, axes)
    epsilon = Literal(node.number("epsilon", 1e-5), Type.FLOAT, variance.shape)
    deviation = apply(lowering, SQUARE_ROOT, apply(lowering, ADD, variance, epsilon))
    inverse = lowering.store(apply(lowering, RECIPROCAL, deviation), f"{name}/inverse")
    result = apply(lowering, MULTIPLY, centred, inverse)
    result = apply(lowering, MULTIPLY, result, lowering.value(node.inputs[1]))
    if node.has_input(2):
        result = apply(lowering, ADD, result, lowering.value(node.inputs[2]))
    return [result]


OPERATORS: dict[str, Operator] = {
    "Softmax": _lower_softmax,
    "LogSoftmax": _lower_softmax,
    "LayerNormalization": _lower_layer_normalization,
}
