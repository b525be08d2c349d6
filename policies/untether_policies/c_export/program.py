"""A bundle as a program for one robot: named buffers, kernels in order, a plan of the memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from untether_policies.bundle import Bundle
from untether_policies.c_export.expressions import Buffer, Home, Type
from untether_policies.c_export.folding import prepare_graph
from untether_policies.c_export.helpers import HELPERS
from untether_policies.c_export.kernels import Kernel
from untether_policies.c_export.layout import Layout, plan_layout
from untether_policies.c_export.lowering import Lowering
from untether_policies.c_export.memory import MemoryPlan, plan_memory
from untether_policies.c_export.names import Namespace, clean_name
from untether_policies.c_export.operators import (
    elementwise,
    matrix,
    movement,
    normalisation,
    reduction,
)
from untether_policies.c_export.placement import place_parts
from untether_policies.c_export.schedule import schedule

OPERATORS = {
    **elementwise.OPERATORS,
    **movement.OPERATORS,
    **reduction.OPERATORS,
    **matrix.OPERATORS,
    **normalisation.OPERATORS,
}


@dataclass(frozen=True)
class Program:
    """What the C of a bundle does.

    Attributes:
        layout: names that users see.
        kernels: what a step computes, in order.
        memory: where intermediate results lie.
        initial: state and its values ``(size,)`` after a reset.
    """

    layout: Layout
    kernels: tuple[Kernel, ...]
    memory: MemoryPlan
    initial: tuple[tuple[Buffer, np.ndarray], ...]


def build_program(bundle: Bundle) -> Program:
    """Turn a bundle's graph into a program.

    Raises:
        ExportRefusedError: when the graph uses what the export does not have.
    """
    layout = plan_layout(bundle.contract)
    names = Namespace(frozenset(HELPERS))
    sources: dict[str, tuple[Buffer, tuple[int, ...]]] = {}
    targets: dict[str, Buffer] = {}
    carry: list[tuple[Buffer, Buffer]] = []
    initial: list[tuple[Buffer, np.ndarray]] = []
    for field in layout.inputs:
        buffer = Buffer(field.name, field.spec.size, Type.FLOAT, Home.INPUT)
        sources[field.spec.name] = (buffer, (1, *field.spec.shape))
    for field in layout.outputs:
        targets[field.spec.name] = Buffer(field.name, field.spec.size, Type.FLOAT, Home.OUTPUT)
    for item in layout.carry:
        old = Buffer(item.name, item.spec.size, Type.FLOAT, Home.STATE)
        name = names.add(clean_name(item.spec.next_name))
        new = Buffer(name, item.spec.size, Type.FLOAT, Home.NEXT)
        sources[item.spec.name] = (old, (1, *item.spec.shape))
        targets[item.spec.next_name] = new
        carry.append((old, new))
        initial.append((old, np.asarray(item.spec.initial, np.float32)))
    graph = prepare_graph(bundle.model)
    kernels = place_parts(Lowering(graph, sources, targets, OPERATORS, names).lower())
    kernels = schedule(kernels, carry)
    return Program(layout, kernels, plan_memory(kernels, carry), tuple(initial))
