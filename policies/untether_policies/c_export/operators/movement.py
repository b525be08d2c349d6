"""Operators that only say where elements lie: no code, but for ``Concat``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from untether_policies.c_export.expressions import Apply, Expression, loads, rearrange
from untether_policies.c_export.kernels import Map
from untether_policies.c_export.loops import is_regular
from untether_policies.c_export.lowering import Lowering, Operator
from untether_policies.c_export.node import Node
from untether_policies.c_export.refusal import refuse_operator


def constant_integers(
    lowering: Lowering, node: Node, index: int, attribute: str
) -> list[int] | None:
    """Return whole numbers that newer opsets give as an input and older ones as an attribute."""
    values = lowering.constant(node, index)
    if values is None:
        return node.integers(attribute)
    return [int(value) for value in values.ravel().tolist()]


def _lower_reshape(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    shape = constant_integers(lowering, node, 1, "shape") or []
    if not node.integer("allowzero", 0):
        shape = [
            value.shape[axis] if size == 0 and axis < len(value.shape) else size
            for axis, size in enumerate(shape)
        ]
    return [_reshape(lowering, node, value, shape)]


def _lower_flatten(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    axis = node.integer("axis", 1)
    axis += len(value.shape) if axis < 0 else 0
    rows = int(np.prod(value.shape[:axis]))
    return [_reshape(lowering, node, value, [rows, -1])]


def _reshape(lowering: Lowering, node: Node, value: Expression, shape: Sequence[int]) -> Expression:
    """Return a tensor in another shape; stored first where no loops would visit its elements."""
    result = rearrange(value, lambda positions: positions.reshape(shape))
    if all(is_regular(load.positions) for load in loads(result)):
        return result
    value = lowering.copy(value, f"{node.outputs[0]}/source")
    return rearrange(value, lambda positions: positions.reshape(shape))


def _lower_squeeze(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    axes = constant_integers(lowering, node, 1, "axes")
    chosen = None if axes is None else tuple(axes)
    return [rearrange(value, lambda positions: np.squeeze(positions, chosen))]


def _lower_unsqueeze(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    axes = constant_integers(lowering, node, 1, "axes") or []
    return [rearrange(value, lambda positions: np.expand_dims(positions, tuple(axes)))]


def _lower_transpose(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    order = node.integers("perm")
    return [rearrange(value, lambda positions: np.transpose(positions, order))]


def _lower_expand(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    wanted = constant_integers(lowering, node, 1, "shape") or []
    shape = np.broadcast_shapes(value.shape, tuple(wanted))
    if shape != value.shape:
        value = lowering.store(value)
    return [rearrange(value, lambda positions: np.broadcast_to(positions, shape))]


def _lower_slice(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    starts = constant_integers(lowering, node, 1, "starts") or []
    ends = constant_integers(lowering, node, 2, "ends") or []
    axes = constant_integers(lowering, node, 3, "axes") or list(range(len(starts)))
    steps = constant_integers(lowering, node, 4, "steps") or [1] * len(starts)
    cuts = [slice(None)] * len(value.shape)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        # Where a start lies before the first element, ONNX takes that one; Python, none backwards.
        cuts[axis] = slice(max(start, -value.shape[axis]), end, step)
    return [rearrange(value, lambda positions: positions[tuple(cuts)])]


def _lower_gather(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    chosen = lowering.constant(node, 1)
    if chosen is None:
        raise refuse_operator(node.operator, "indices", "none", "export the graph again")
    axis = node.integer("axis", 0)
    if isinstance(value, Apply) and chosen.size > value.shape[axis]:
        value = lowering.store(value)
    return [rearrange(value, lambda positions: np.take(positions, chosen.astype(int), axis))]


def _lower_split(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    axis = node.integer("axis", 0)
    sizes = constant_integers(lowering, node, 1, "split")
    if sizes is None:
        count = node.integer("num_outputs", len(node.outputs))
        chunk = -(-value.shape[axis] // count)
        sizes = [chunk] * (count - 1) + [value.shape[axis] - chunk * (count - 1)]
    value = lowering.store(value, f"{node.outputs[0]}/whole")
    return [_cut(value, axis, start, size) for start, size in _ranges(sizes)]


def _cut(value: Expression, axis: int, start: int, size: int) -> Expression:
    """Return some consecutive elements along an axis."""
    indices = np.arange(start, start + size)
    return rearrange(value, lambda positions: np.take(positions, indices, axis))


def _ranges(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Return start and size of parts that follow each other."""
    starts = np.cumsum([0, *sizes])[:-1]
    return [(int(start), size) for start, size in zip(starts, sizes, strict=True)]


def _lower_concat(lowering: Lowering, node: Node) -> list[Expression]:
    """``Concat``: each part is computed into its place."""
    parts = [lowering.value(name) for name in node.inputs]
    axis = node.integer("axis", 0)
    types = {part.type for part in parts}
    if len(types) != 1:
        raise refuse_operator(node.operator, "parts of one type", f"{types}", "cast before it")
    (type_,) = types
    shape = list(parts[0].shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    size = int(np.prod(shape))
    buffer = lowering.target(node.outputs[0], size, type_)
    places = np.arange(size).reshape(shape)
    for part, (start, count) in zip(parts, _ranges([p.shape[axis] for p in parts]), strict=True):
        place = np.take(places, np.arange(start, start + count), axis)
        lowering.emit(Map(buffer, place, part))
    return [lowering.stored(buffer, tuple(shape), type_)]


OPERATORS: dict[str, Operator] = {
    "Reshape": _lower_reshape,
    "Flatten": _lower_flatten,
    "Squeeze": _lower_squeeze,
    "Unsqueeze": _lower_unsqueeze,
    "Transpose": _lower_transpose,
    "Expand": _lower_expand,
    "Slice": _lower_slice,
    "Gather": _lower_gather,
    "Split": _lower_split,
    "Concat": _lower_concat,
}
