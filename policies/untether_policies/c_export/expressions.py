"""What is computed per element: trees of C operators over elements of buffers.

A tensor that is not stored yet is an expression. Each load in it says, for every element of the
tensor, which element of a buffer is read: an array of positions in the tensor's shape. So slices,
transpositions and broadcasts cost nothing: they only rearrange those arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Rearrange = Callable[[Indices], Indices]


class Type(Enum):
    """The type of an element, as C declares it."""

    FLOAT = "float"
    INTEGER = "int32_t"
    BYTE = "int8_t"  # of tables only
    BOOLEAN = "bool"  # an int in C expressions, an int32_t in memory

    @property
    def stored(self) -> Type:
        """The type of a buffer that holds such elements."""
        return Type.INTEGER if self is Type.BOOLEAN else self

    @property
    def array_type(self) -> np.dtype[np.generic]:
        """The type of numpy's arrays that hold such elements in the same number of bytes."""
        return np.dtype({"float": "f4", "int8_t": "i1"}.get(self.value, "i4"))


class Home(Enum):
    """Where a buffer lives."""

    INPUT = "inputs->"
    STATE = "state->"
    OUTPUT = "outputs->"
    NEXT = "next"  # becomes the state at the end of a step
    SCRATCH = "scratch"
    CONSTANT = "data"


@dataclass(eq=False)
class Buffer:
    """Some memory that a step reads or writes.

    Attributes:
        name: C identifier of the field, the local pointer or the table.
        size: number of elements.
        type: of its elements: FLOAT or INTEGER.
        home: where it lives.
        values: ``(size,)`` of a constant.
    """

    name: str
    size: int
    type: Type
    home: Home
    values: NDArray[np.generic] | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Load:
    """Elements of a buffer.

    Attributes:
        buffer: which.
        positions: element of the buffer for each element of the tensor.
        type: BOOLEAN where an INTEGER buffer holds truth values.
    """

    buffer: Buffer
    positions: Indices
    type: Type

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return self.positions.shape


@dataclass(frozen=True, eq=False)
class Literal:
    """The same number in every element."""

    value: float | int | bool
    type: Type
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Operation:
    """A C expression with gaps for its arguments.

    Attributes:
        template: with ``{0}``, ``{1}``... for the arguments.
        type: of the result; None for that of the last argument.
        level: precedence of the result; see :mod:`untether_policies.c_export.rendering`.
        levels: least precedence of each argument that needs no parentheses.
        helpers: names of C functions that it calls.
        is_cheap: whether computing it again costs no more than storing and loading the result.
    """

    template: str
    type: Type | None
    level: int
    levels: tuple[int, ...]
    helpers: tuple[str, ...] = ()
    is_cheap: bool = False


@dataclass(frozen=True, eq=False)
class Apply:
    """An operation on expressions of one shape, element by element.

    Attributes:
        operation: what is computed.
        arguments: from what.
        label: the tensor's name in the graph, if it has one.
    """

    operation: Operation
    arguments: tuple[Expression, ...]
    label: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return self.arguments[0].shape

    @property
    def type(self) -> Type:
        """The type of an element."""
        return self.operation.type or self.arguments[-1].type


Expression = Load | Literal | Apply


def rearrange(expression: Expression, change: Rearrange) -> Expression:
    """Return a tensor whose elements lie elsewhere: sliced, transposed, broadcast, reshaped.

    Args:
        expression: the tensor.
        change: does to an array of the tensor's shape what is to be done to the tensor.
    """
    if isinstance(expression, Load):
        return Load(expression.buffer, change(expression.positions), expression.type)
    if isinstance(expression, Literal):
        shape = change(np.broadcast_to(np.int64(0), expression.shape)).shape
        return Literal(expression.value, expression.type, shape)
    arguments = tuple(rearrange(argument, change) for argument in expression.arguments)
    return Apply(expression.operation, arguments, expression.label)


def broadcast(expression: Expression, shape: tuple[int, ...]) -> Expression:
    """Return a tensor stretched to ``shape`` by numpy's rules."""
    if expression.shape == shape:
        return expression
    return rearrange(expression, lambda positions: np.broadcast_to(positions, shape))


def loads(expression: Expression) -> Iterator[Load]:
    """Yield every load of an expression, from left to right."""
    if isinstance(expression, Load):
        yield expression
    elif isinstance(expression, Apply):
        for argument in expression.arguments:
            yield from loads(argument)


def operations(expression: Expression) -> Iterator[Operation]:
    """Yield every operation of an expression."""
    if isinstance(expression, Apply):
        yield expression.operation
        for argument in expression.arguments:
            yield from operations(argument)
