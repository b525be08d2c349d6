"""Has the parts of a concatenation computed straight into their places, instead of copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from untether_policies.c_export.expressions import Apply, Buffer, Expression, Home, Literal, Load
from untether_policies.c_export.kernels import Call, Kernel, Map
from untether_policies.c_export.loops import are_contiguous


@dataclass(frozen=True)
class _Move:
    """A buffer that becomes part of another one.

    Attributes:
        part: the buffer that is no longer needed.
        whole: where its elements lie instead.
        first: element of ``whole`` at which they begin.
    """

    part: Buffer
    whole: Buffer
    first: int


def place_parts(kernels: Sequence[Kernel]) -> tuple[Kernel, ...]:
    """Return a program without copies of whole intermediate results into larger ones.

    Args:
        kernels: the program, in order.
    """
    left = list(kernels)
    index = 0
    while index < len(left):
        move = _find_move(left[index])
        if move is None:
            index += 1
        else:
            del left[index]
            left = [_move_kernel(kernel, move) for kernel in left]
    return tuple(left)


def _find_move(kernel: Kernel) -> _Move | None:
    """Return what a kernel copies, if that could lie where it is copied to."""
    if not isinstance(kernel, Map) or not isinstance(kernel.expression, Load):
        return None
    part, whole, positions = kernel.expression.buffer, kernel.output, kernel.expression.positions
    if part is whole or part.type is not whole.type or positions.size != part.size:
        return None
    if part.home is not Home.SCRATCH or whole.home is not Home.SCRATCH:
        return None
    if not (are_contiguous(positions) and are_contiguous(kernel.positions)):
        return None
    return _Move(part, whole, int(kernel.positions.flat[0]))


def _move_kernel(kernel: Kernel, move: _Move) -> Kernel:
    """Return a kernel that reads and writes a part at its new place."""
    writes = kernel.output is move.part
    if isinstance(kernel, Call):
        arrays = tuple(load and _move_load(load, move) for load in kernel.arrays)
        kernel = replace(kernel, arrays=arrays)
    else:
        kernel = replace(kernel, expression=_move_expression(kernel.expression, move))
    if not writes:
        return kernel
    if isinstance(kernel, Map):
        return replace(kernel, output=move.whole, positions=kernel.positions + move.first)
    return replace(kernel, output=move.whole, first=kernel.first + move.first)


def _move_expression(expression: Expression, move: _Move) -> Expression:
    """Return an expression that reads a part at its new place."""
    if isinstance(expression, Load):
        return _move_load(expression, move)
    if isinstance(expression, Literal):
        return expression
    arguments = tuple(_move_expression(argument, move) for argument in expression.arguments)
    return Apply(expression.operation, arguments, expression.label)


def _move_load(load: Load, move: _Move) -> Load:
    """Return a load of a part from its new place."""
    if load.buffer is not move.part:
        return load
    return Load(move.whole, load.positions + move.first, load.type)
