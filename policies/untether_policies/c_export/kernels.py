"""The steps of a program: fill a buffer element by element, reduce, or multiply by weights."""

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
    """

    output: Buffer
    expression: Expression
    kept: int
    start: str
    combine: str
    finish: str
    helpers: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Dense:
    """Multiplies rows by constant weights and adds a bias.

    Attributes:
        output: ``(rows, outputs)``.
        source: ``(rows, inputs)``, contiguous.
        weight: ``(outputs, inputs)``: turned, so that a sum walks through memory.
        bias: ``(outputs,)``; None for none.
        rows: number of rows.
        inputs: values per row.
        outputs: results per row.
    """

    output: Buffer
    source: Load
    weight: Buffer
    bias: Buffer | None
    rows: int
    inputs: int
    outputs: int


Kernel = Map | Reduce | Dense


def reads(kernel: Kernel) -> Iterator[Load]:
    """Yield what a kernel reads, without the weights of a dense layer."""
    if isinstance(kernel, Dense):
        yield kernel.source
    else:
        yield from loads(kernel.expression)


def constants(kernel: Kernel) -> Iterator[Buffer]:
    """Yield the tables that a kernel reads, in order."""
    for load in reads(kernel):
        if load.buffer.values is not None:
            yield load.buffer
    if isinstance(kernel, Dense):
        yield kernel.weight
        if kernel.bias is not None:
            yield kernel.bias


def helpers(kernel: Kernel) -> Iterator[str]:
    """Yield the names of the C functions that a kernel calls."""
    if isinstance(kernel, Dense):
        yield "dense"
        return
    for operation in operations(kernel.expression):
        yield from operation.helpers
    if isinstance(kernel, Reduce):
        yield from kernel.helpers
