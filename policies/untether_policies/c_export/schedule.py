"""Orders the kernels of a program so that states can be written in place."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from untether_policies.c_export.expressions import Buffer
from untether_policies.c_export.kernels import Kernel, reads


def schedule(
    kernels: Sequence[Kernel], carry: Sequence[tuple[Buffer, Buffer]]
) -> tuple[Kernel, ...]:
    """Return a program in which a state is read before its next value is written, if that can be.

    Apart from this the order stays.

    Args:
        kernels: the program, in order.
        carry: state, and the buffer of its next value.
    """
    found = [{load.buffer for load in reads(kernel)} for kernel in kernels]
    before: list[set[int]] = [  # kernels whose results each one needs
        {early for early in range(late) if kernels[early].output in found[late]}
        for late in range(len(kernels))
    ]
    for old, new in carry:
        readers = {index for index, buffers in enumerate(found) if old in buffers}
        wanted = [
            needs | readers - {index} if kernels[index].output is new else needs
            for index, needs in enumerate(before)
        ]
        if len(_order(wanted)) == len(kernels):
            before = wanted
    return tuple(kernels[index] for index in _order(before))


def _order(before: Sequence[set[int]]) -> list[int]:
    """Return as many items as can follow all that they need, the first of those first.

    Args:
        before: what each item needs.
    """
    after: list[list[int]] = [[] for _ in before]
    for index, needs in enumerate(before):
        for need in needs:
            after[need].append(index)
    missing = [len(needs) for needs in before]
    ready = [index for index, count in enumerate(missing) if count == 0]
    heapify(ready)
    order: list[int] = []
    while ready:
        index = heappop(ready)
        order.append(index)
        for follower in after[index]:
            missing[follower] -= 1
            if missing[follower] == 0:
                heappush(ready, follower)
    return order
