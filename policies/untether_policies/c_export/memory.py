"""Places the buffers of a program: what lives at the same time never overlaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from untether_policies.c_export.expressions import Buffer, Home, Type
from untether_policies.c_export.kernels import Call, Kernel, Map, reads


@dataclass(frozen=True)
class MemoryPlan:
    """Where intermediate results lie.

    Attributes:
        offsets: first element of each buffer in the scratch memory of its type.
        sizes: elements of scratch memory, by type.
        committed: state and the buffer that replaces it at the end of a step.
        in_place: the state that each of these buffers writes directly: nothing reads the old
            value afterwards.
        single: intermediate results of one element that need no memory: local variables.
    """

    offsets: Mapping[Buffer, int]
    sizes: Mapping[Type, int]
    committed: tuple[tuple[Buffer, Buffer], ...]
    in_place: Mapping[Buffer, Buffer]
    single: frozenset[Buffer]


def plan_memory(kernels: Sequence[Kernel], carry: Sequence[tuple[Buffer, Buffer]]) -> MemoryPlan:
    """Return where each buffer of a program lies.

    Args:
        kernels: the program, in order.
        carry: state, and the buffer of its next value.
    """
    in_place = {new: old for old, new in carry if _may_write_in_place(kernels, old, new)}
    committed = tuple((old, new) for old, new in carry if new not in in_place)
    single = _find_single(kernels)
    lives = _find_lives(kernels, {new for _, new in committed}, single)
    offsets: dict[Buffer, int] = {}
    sizes = {Type.FLOAT: 0, Type.INTEGER: 0}
    # The largest first, each at the lowest place that is free while it lives.
    for buffer in sorted(lives, key=lambda item: (-item.size, lives[item])):
        taken = sorted(
            (offsets[other], offsets[other] + other.size)
            for other in offsets
            if other.type is buffer.type and _meet(lives[other], lives[buffer])
        )
        place = 0
        for start, end in taken:
            if place + buffer.size <= start:
                break
            place = max(place, end)
        offsets[buffer] = place
        sizes[buffer.type] = max(sizes[buffer.type], place + buffer.size)
    return MemoryPlan(offsets, sizes, committed, in_place, single)


def _may_write_in_place(kernels: Sequence[Kernel], old: Buffer, new: Buffer) -> bool:
    """Return whether nothing needs the old state once the new one is being written."""
    writers = [index for index, kernel in enumerate(kernels) if kernel.output is new]
    if not writers:
        return False
    for index, kernel in enumerate(kernels):
        found = [load for load in reads(kernel) if load.buffer is old]
        if not found or index < writers[0]:
            continue
        if not isinstance(kernel, Map) or [index] != writers:
            return False
        if not all(np.array_equal(load.positions, kernel.positions) for load in found):
            return False
    return True


def _find_single(kernels: Sequence[Kernel]) -> frozenset[Buffer]:
    """Return the intermediate results of one element whose address no call takes."""
    addressed = {
        buffer for kernel in kernels if isinstance(kernel, Call) for buffer in _touched(kernel)
    }
    outputs = {kernel.output for kernel in kernels} - addressed
    return frozenset(b for b in outputs if b.home is Home.SCRATCH and b.size == 1)


def _find_lives(
    kernels: Sequence[Kernel], lasting: set[Buffer], single: frozenset[Buffer]
) -> dict[Buffer, tuple[int, int]]:
    """Return the first and the last kernel that touch each buffer of the scratch memory."""
    lives: dict[Buffer, tuple[int, int]] = {}
    for index, kernel in enumerate(kernels):
        for buffer in _touched(kernel):
            if (buffer.home is Home.SCRATCH and buffer not in single) or buffer in lasting:
                lives[buffer] = (lives.get(buffer, (index, index))[0], index)
    return {
        buffer: (first, len(kernels) if buffer in lasting else last)
        for buffer, (first, last) in lives.items()
    }


def _touched(kernel: Kernel) -> Iterator[Buffer]:
    """Yield the buffers that a kernel writes and reads."""
    yield kernel.output
    for load in reads(kernel):
        yield load.buffer


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Return whether two lives overlap."""
    return one[0] <= other[1] and other[0] <= one[1]
