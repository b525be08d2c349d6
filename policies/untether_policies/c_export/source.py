"""Writes the C source of a program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from untether_policies.c_export.expressions import Buffer, Home, Type
from untether_policies.c_export.helpers import SHARED_MACRO, choose_helpers
from untether_policies.c_export.kernels import Kernel, constants, helpers
from untether_policies.c_export.literals import write_comment, write_float, write_table
from untether_policies.c_export.program import Program
from untether_policies.c_export.statements import StatementWriter


def write_source(program: Program, title: str) -> str:
    """Return the text of ``NAME.c``.

    Args:
        program: what to compute.
        title: first line of the file's comment.
    """
    prefix = program.layout.prefix
    writer = StatementWriter(program.memory)
    body = [writer.write(kernel) for kernel in program.kernels]
    functions = choose_helpers(name for kernel in program.kernels for name in helpers(kernel))
    tables = [*_write_tables(program.kernels), *writer.position_tables]
    comment = (
        title,
        "",
        f"The interface is described in {prefix}.h. Nothing here is allocated, and nothing is "
        "written but what the caller passes.",
    )
    parts = [
        write_comment(comment),
        f'#include "{prefix}.h"\n\n#include <math.h>\n#include <stddef.h>\n#include <stdint.h>',
        *([SHARED_MACRO] if any("SHARED" in helper.text for helper in functions) else []),
        *tables,
        *(helper.text for helper in functions),
        _write_reset(program),
        _write_step(program, body),
    ]
    return "\n\n".join(parts) + "\n"


def _write_tables(kernels: Sequence[Kernel]) -> list[str]:
    """Return the definitions of all weights and constants, in the order of their use."""
    buffers = dict.fromkeys(buffer for kernel in kernels for buffer in constants(kernel))
    return [
        write_table(buffer.name, buffer.type.value, buffer.values)
        for buffer in buffers
        if buffer.values is not None
    ]


def _write_reset(program: Program) -> str:
    """Return the function that sets the state to its initial value."""
    prefix = program.layout.prefix
    lines: list[str] = []
    for buffer, values in program.initial:
        field = f"{Home.STATE.value}{buffer.name}"
        if buffer.size > 4 and np.all(values == values[0]):
            lines += [
                f"    for (int i = 0; i < {buffer.size}; ++i) {{",
                f"        {field}[i] = {write_float(values[0])};",
                "    }",
            ]
        else:
            lines += [
                f"    {field}[{index}] = {write_float(value)};"
                for index, value in enumerate(values)
            ]
    body = "\n".join(lines or ["    (void)state;"])
    return f"void {prefix}_reset({prefix}_state *state)\n{{\n{body}\n}}"


def _write_step(program: Program, body: list[str]) -> str:
    """Return the function that computes one tick."""
    prefix, memory = program.layout.prefix, program.memory
    lines = [
        f"    float *const {name} = state->{name};"
        if type_ is Type.FLOAT
        else f"    int32_t *const {name} = state->{name};"
        for type_, name in ((Type.FLOAT, "scratch"), (Type.INTEGER, "scratch_integer"))
        if any(buffer.type is type_ for buffer in memory.offsets)
    ]
    declared: set[Buffer] = set()
    for kernel, statement in zip(program.kernels, body, strict=True):
        if kernel.output in memory.single:
            lines.append("")
        elif kernel.output in memory.offsets and kernel.output not in declared:
            declared.add(kernel.output)
            lines += ["", _declare(kernel.output, memory.offsets[kernel.output])]
        lines.append(statement)
    for old, new in memory.committed:
        lines += [
            f"    for (int i = 0; i < {old.size}; ++i) {{",
            f"        {Home.STATE.value}{old.name}[i] = {new.name}[i];",
            "    }",
        ]
    text = "\n".join(lines)
    unused = [f"    (void){name};" for name in ("state", "inputs") if f"{name}->" not in text]
    head = (
        f"void {prefix}_step(\n    {prefix}_state *restrict state,\n"
        f"    const {prefix}_inputs *restrict inputs,\n    {prefix}_outputs *restrict outputs)"
    )
    return "\n".join([head, "{", *unused, text.lstrip("\n"), "}"])


def _declare(buffer: Buffer, offset: int) -> str:
    """Return the definition of the pointer to a buffer in the scratch memory."""
    home = "scratch" if buffer.type is Type.FLOAT else "scratch_integer"
    place = f"{home} + {offset}" if offset else home
    return f"    {buffer.type.value} *const {buffer.name} = {place};  /* {buffer.size} */"
