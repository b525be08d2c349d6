"""Operators that combine elements along axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from untether_policies.c_export.expressions import Expression, Operation, Type, rearrange
from untether_policies.c_export.kernels import Reduce
from untether_policies.c_export.lowering import Lowering, Operator
from untether_policies.c_export.node import Node
from untether_policies.c_export.operators.elementwise import SQUARE, apply, call
from untether_policies.c_export.operators.movement import constant_integers
from untether_policies.c_export.refusal import refuse_operator


@dataclass(frozen=True)
class Rule:
    """How elements are combined.

    Attributes:
        start: C text of the result before the first element.
        combine: C text with ``{0}`` for the result so far and ``{1}`` for the next element.
        finish: C text with ``{0}`` for the result and ``{count}`` for the number of elements.
        before: operation on each element.
        helpers: names of C functions that are called.
    """

    start: str = "0.0f"
    combine: str = "{0} + {1}"
    finish: str = "{0}"
    before: Operation | None = None
    helpers: tuple[str, ...] = ()


SUM = Rule()
MEAN = Rule(finish="{0} / {count}")
MAXIMUM = Rule("-INFINITY", "maximum({0}, {1})", helpers=("maximum",))
MEAN_SQUARE = Rule(finish="{0} / {count}", before=SQUARE)
_RULES = {
    "ReduceSum": SUM,
    "ReduceMean": MEAN,
    "ReduceMax": MAXIMUM,
    "ReduceMin": Rule("INFINITY", "minimum({0}, {1})", helpers=("minimum",)),
    "ReduceSumSquare": Rule(before=SQUARE),
    "ReduceL1": Rule(before=call("fabsf")),
    "ReduceL2": Rule(finish="square_root({0})", before=SQUARE, helpers=("square_root",)),
}


def reduce_axes(
    lowering: Lowering, name: str, rule: Rule, value: Expression, axes: list[int]
) -> Expression:
    """Combine the elements of a tensor along some axes, which stay with size one.

    Args:
        lowering: takes the kernel.
        name: of the result.
        rule: how.
        value: the tensor, float.
        axes: which, from 0.
    """
    kept = [axis for axis in range(len(value.shape)) if axis not in axes]
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(value.shape))
    count = int(np.prod([value.shape[axis] for axis in axes]))
    buffer = lowering.target(name, int(np.prod(shape)), Type.FLOAT)
    if rule.before is not None:
        value = apply(lowering, rule.before, value)
    value = rearrange(value, lambda positions: np.transpose(positions, [*kept, *axes]))
    finish = rule.finish.replace("{count}", f"{count}.0f")
    kernel = Reduce(buffer, value, len(kept), rule.start, rule.combine, finish, rule.helpers)
    lowering.emit(kernel)
    return lowering.stored(buffer, shape, Type.FLOAT)


def normalise_axes(axes: list[int], rank: int) -> list[int]:
    """Return axes counted from the front, in order, each once."""
    return sorted({axis % rank for axis in axes})


def _lower_reduction(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    if value.type is not Type.FLOAT:
        raise refuse_operator(
            node.operator, "float values", value.type.name.lower(), "cast to float32 before it"
        )
    axes = constant_integers(lowering, node, 1, "axes")
    if not axes:
        if node.integer("noop_with_empty_axes", 0):
            return [value]
        axes = list(range(len(value.shape)))
    axes = normalise_axes(axes, len(value.shape)) if value.shape else []
    result = reduce_axes(lowering, node.outputs[0], _RULES[node.operator], value, axes)
    if not node.integer("keepdims", 1):
        result = rearrange(result, lambda positions: np.squeeze(positions, tuple(axes)))
    return [result]


OPERATORS: dict[str, Operator] = dict.fromkeys(_RULES, _lower_reduction)
