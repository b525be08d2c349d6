"""Finds the fewest loops that visit all elements, and where each array is read in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from untether_policies.c_export.expressions import Indices

_COUNTERS = "ijklmnpq"


@dataclass(frozen=True)
class Access:
    """Where an array is read in the loops: ``offset + strides . counters``.

    Attributes:
        strides: per loop.
        offset: of the first element.
        table: positions that no such sum describes; the sum is then an index of this table.
    """

    strides: tuple[int, ...]
    offset: int
    table: Indices | None = None

    def write(self, counters: Sequence[str]) -> str:
        """Return the index as C text."""
        terms = [
            name if stride == 1 else f"{stride} * {name}"
            for name, stride in zip(counters, self.strides, strict=True)
            if stride > 0
        ]
        text = " + ".join([*terms, *([str(self.offset)] if self.offset or not terms else [])])
        for name, stride in zip(counters, self.strides, strict=True):
            if stride < 0:  # a reversed slice
                text += f" - {name}" if stride == -1 else f" - {-stride} * {name}"
        return text


@dataclass(frozen=True)
class Nest:
    """Loops around a computation.

    Attributes:
        sizes: of the loops, outermost first.
        counters: their names in C.
        kept: how many of them go over the kept axes; the others are reduced.
        accesses: one for each array.
    """

    sizes: tuple[int, ...]
    counters: tuple[str, ...]
    kept: int
    accesses: tuple[Access, ...]


def plan_loops(arrays: Sequence[Indices], kept: int) -> Nest:
    """Return the loops over arrays of positions.

    Args:
        arrays: of one shape, kept axes first.
        kept: how many axes are not reduced; no loop goes over kept and reduced axes.
    """
    shape = arrays[0].shape
    steps = [_find_steps(array) for array in arrays]
    tables: list[Indices | None] = [None] * len(arrays)
    for number, array in enumerate(arrays):
        if not is_regular(array):
            tables[number] = np.ascontiguousarray(array).ravel()
            steps[number] = _find_steps(np.arange(array.size).reshape(shape))
    axes = [axis for axis, size in enumerate(shape) if size > 1]
    groups: list[list[int]] = []
    for axis in axes:
        if groups and _may_join(shape, steps, groups[-1][-1], axis, kept):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    sizes = tuple(prod(shape[axis] for axis in group) for group in groups)
    return Nest(
        sizes,
        tuple(_COUNTERS[: len(sizes)]),
        sum(group[0] < kept for group in groups),
        tuple(
            Access(
                tuple(step[group[-1]] for group in groups),
                int(array.flat[0]) if table is None else 0,
                table,
            )
            for array, step, table in zip(arrays, steps, tables, strict=True)
        ),
    )


def _find_steps(array: Indices) -> tuple[int, ...]:
    """Return how far the position moves per step along each axis, at the first element."""
    first = tuple(0 for _ in array.shape)
    steps = []
    for axis, size in enumerate(array.shape):
        second = (*first[:axis], min(1, size - 1), *first[axis + 1 :])
        steps.append(int(array[second] - array[first]))
    return tuple(steps)


def _may_join(
    shape: tuple[int, ...], steps: Sequence[tuple[int, ...]], outer: int, inner: int, kept: int
) -> bool:
    """Return whether one loop can go over two axes that follow each other."""
    return (outer < kept) == (inner < kept) and all(
        step[outer] == step[inner] * shape[inner] for step in steps
    )


def is_regular(array: Indices) -> bool:
    """Return whether a position is an offset plus a step per axis."""
    expected = np.full(array.shape, array.flat[0], np.int64)
    for axis, (size, step) in enumerate(zip(array.shape, _find_steps(array), strict=True)):
        shape = [1] * array.ndim
        shape[axis] = size
        expected += (np.arange(size) * step).reshape(shape)
    return bool(np.array_equal(expected, array))


def are_contiguous(positions: Indices) -> bool:
    """Return whether positions follow each other in memory, without gaps."""
    return bool(np.all(np.diff(positions.ravel()) == 1))
