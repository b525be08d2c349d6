"""Writes kernels as C statements: loops around one expression, or a call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from untether_policies.c_export.expressions import Buffer, Home, Indices, Load
from untether_policies.c_export.kernels import Call, Kernel, Map, Reduce, reads
from untether_policies.c_export.literals import write_table
from untether_policies.c_export.loops import Access, Nest, plan_loops
from untether_policies.c_export.memory import MemoryPlan
from untether_policies.c_export.rendering import Renderer

_INDENT = "    "


class StatementWriter:
    """Writes the statements of a step.

    Args:
        memory: where the buffers lie.

    Attributes:
        position_tables: definitions of the tables of positions that the statements read.
    """

    def __init__(self, memory: MemoryPlan) -> None:
        self._memory = memory
        self._tables: dict[bytes, str] = {}
        self.position_tables: list[str] = []

    def write(self, kernel: Kernel) -> str:
        """Return a kernel as C statements, indented once."""
        if isinstance(kernel, Map):
            lines = self._write_map(kernel)
        elif isinstance(kernel, Reduce):
            lines = self._write_reduce(kernel)
        else:
            lines = [self._write_call(kernel)]
        return "\n".join(f"{_INDENT}{line}" for line in lines)

    def _write_map(self, kernel: Map) -> list[str]:
        """Return loops that fill a buffer."""
        found = list(reads(kernel))
        arrays = [kernel.positions, *(load.positions for load in found)]
        nest = plan_loops(arrays, kernel.positions.ndim)
        target = self._element(kernel.output, nest, nest.accesses[0])
        renderer = self._renderer(found, nest, nest.accesses[1:])
        text = renderer.write(kernel.expression)
        lines = _loop(nest, 0, [*renderer.statements, f"{target} = {text};"])
        if kernel.output not in self._memory.single:
            return lines
        type_ = kernel.output.type.value
        return [f"const {type_} {lines[0]}"] if len(lines) == 1 else [f"{type_} {target};", *lines]

    def _write_reduce(self, kernel: Reduce) -> list[str]:
        """Return loops over the kept axes, around loops over the reduced ones."""
        found = list(reads(kernel))
        shape = kernel.expression.shape
        rows = int(np.prod(shape[: kernel.kept]))
        result = np.arange(rows).reshape(*shape[: kernel.kept], *[1] * (len(shape) - kernel.kept))
        arrays = [
            np.broadcast_to(result + kernel.first, shape),
            *(load.positions for load in found),
        ]
        nest = plan_loops(arrays, kernel.kept)
        target = self._element(kernel.output, nest, nest.accesses[0])
        renderer = self._renderer(found, nest, nest.accesses[1:])
        text = renderer.write(kernel.expression)
        single = kernel.output in self._memory.single
        result = target if single else "result"
        combined = kernel.combine.format(result, text)
        if combined.startswith(f"{result} + "):
            statement = f"{result} += {combined.removeprefix(f'{result} + ')};"
        else:
            statement = f"{result} = {combined};"
        inner = _loop(nest, nest.kept, [*renderer.statements, statement])
        finished = f"{target} = {kernel.finish.format(result)};"
        body = [f"float {result} = {kernel.start};", *inner]
        if not single or kernel.finish != "{0}":
            body.append(finished)
        if single:
            return body
        return _loop(nest, 0, body, nest.kept) if nest.kept else ["{", *_indent(body), "}"]

    def _write_call(self, kernel: Call) -> str:
        """Return the call of a helper."""
        arrays = (
            "NULL" if load is None else self._start(load.buffer, int(load.positions.flat[0]))
            for load in kernel.arrays
        )
        arguments = (self._start(kernel.output, kernel.first), *arrays, *kernel.numbers)
        return f"{kernel.function}({', '.join(arguments)});"

    def _start(self, buffer: Buffer, first: int) -> str:
        """Return the C text of the address of an element."""
        return f"{self._pointer(buffer)} + {first}" if first else self._pointer(buffer)

    def _renderer(self, found: Sequence[Load], nest: Nest, accesses: Sequence[Access]) -> Renderer:
        """Return what writes an expression inside loops."""
        where = {id(load): access for load, access in zip(found, accesses, strict=True)}
        return Renderer(lambda load: self._element(load.buffer, nest, where[id(load)]))

    def _element(self, buffer: Buffer, nest: Nest, access: Access) -> str:
        """Return an element of a buffer as C text."""
        if buffer in self._memory.single:
            return buffer.name
        index = access.write(nest.counters)
        if access.table is not None:
            index = f"{self._position_table(access.table)}[{index}]"
        return f"{self._pointer(buffer)}[{index}]"

    def _position_table(self, positions: Indices) -> str:
        """Return the name of a table of positions, which equal tables share."""
        key = positions.tobytes()
        if key not in self._tables:
            largest = int(positions.max())
            type_ = "uint8_t" if largest < 256 else "uint16_t" if largest < 65536 else "uint32_t"
            self._tables[key] = f"positions_{len(self._tables) + 1}"
            self.position_tables.append(write_table(self._tables[key], type_, positions))
        return self._tables[key]

    def _pointer(self, buffer: Buffer) -> str:
        """Return the C text of a buffer's first element's address."""
        if buffer in self._memory.in_place:
            return f"{Home.STATE.value}{self._memory.in_place[buffer].name}"
        if buffer.home in (Home.INPUT, Home.STATE, Home.OUTPUT):
            return f"{buffer.home.value}{buffer.name}"
        return buffer.name


def _loop(nest: Nest, first: int, body: list[str], last: int | None = None) -> list[str]:
    """Return loops ``first`` to ``last`` of a nest around some statements."""
    lines = body
    pairs = list(zip(nest.counters, nest.sizes, strict=True))[first:last]
    for counter, size in reversed(pairs):
        head = f"for (int {counter} = 0; {counter} < {size}; ++{counter}) {{"
        lines = [head, *_indent(lines), "}"]
    if not pairs and any(line.startswith("const ") for line in body):
        return ["{", *_indent(lines), "}"]
    return lines


def _indent(lines: list[str]) -> list[str]:
    """Return lines one level deeper."""
    return [f"{_INDENT}{line}" for line in lines]
