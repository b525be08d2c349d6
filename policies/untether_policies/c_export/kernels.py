"""The steps of a program: fill a buffer element by element, reduce, or call a C function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from untether_policies.c_export.expressions import (
    Buffer,
    Expression,
    Indices,
    Load,
    loads,
    operations,
)


@dataclass(frozen=True, eq=False)
class Map:
    """Computes one element of a buffer for each element of an expression.

    Attributes:
        output: the buffer that is written.
        positions: which element of it, in the expression's shape.
        expression: what is written.
    """

    output: Buffer
    positions: Indices
    expression: Expression


@dataclass(frozen=True, eq=False)
class Reduce:
    """Combines the elements of an expression along its last axes.

    Attributes:
        output: the buffer that is written, one element per combination of the kept axes.
        expression: kept axes first, reduced axes last.
        kept: how many axes are kept.
        start: the C text from which the result grows.
        combine: C text with ``{0}`` for the result so far and ``{1}`` for the next element.
        finish: C text with ``{0}`` for the result.
        helpers: names of C functions that it calls.
        first: element of the buffer from which on it is written.
    """

    output: Buffer
    expression: Expression
    kept: int
    start: str
    combine: str
    finish: str
    helpers: tuple[str, ...]
    first: int = 0


@dataclass(frozen=True, eq=False)
class Call:
    """Fills a buffer with what a C function makes of whole arrays.

    Attributes:
        output: the buffer that is written.
        function: name of the helper; it takes the output, the arrays and the numbers.
        arrays: each contiguous; None for one that is absent.
        numbers: C text of the other arguments.
        first: element of the buffer from which on it is written.
    """

    output: Buffer
    function: str
    arrays: tuple[Load | None, ...]
    numbers: tuple[str, ...]
    first: int = 0


Kernel = Map | Reduce | Call


def reads(kernel: Kernel) -> Iterator[Load]:
    """Yield what a kernel reads, from left to right."""
    if isinstance(kernel, Call):
        yield from filter(None, kernel.arrays)
    else:
        yield from loads(kernel.expression)


def constants(kernel: Kernel) -> Iterator[Buffer]:
    """Yield the tables that a kernel reads, in order."""
    for load in reads(kernel):
        if load.buffer.values is not None:
            yield load.buffer


def helpers(kernel: Kernel) -> Iterator[str]:
    """Yield the names of the C functions that a kernel calls."""
    if isinstance(kernel, Call):
        yield kernel.function
        return
    for operation in operations(kernel.expression):
        yield from operation.helpers
    if isinstance(kernel, Reduce):
        yield from kernel.helpers
