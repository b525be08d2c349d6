"""Writes the C program that replays a bundle's fixture and compares every command."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from untether_policies.bundle import Bundle
from untether_policies.c_export.layout import Layout
from untether_policies.c_export.literals import write_comment, write_float, write_table
from untether_policies.parity import run_graph

TOLERANCE = 1e-5  # of each output's range, against ONNX Runtime
_MAX_TICKS = 500


def write_selftest(layout: Layout, bundle: Bundle, title: str) -> str:
    """Return the text of ``NAME_selftest.c``.

    What is expected is what ONNX Runtime answers to the fixture's inputs, so that the tolerance
    can be tighter than that between training framework and graph.

    Args:
        layout: names of the fields.
        bundle: the fixture, and the graph that answers it.
        title: first line of the file's comment.
    """
    prefix, macro = layout.prefix, layout.macro
    ticks = min(bundle.fixture.ticks, _MAX_TICKS)
    inputs = {name: array[:ticks] for name, array in bundle.fixture.inputs.items()}
    expected = run_graph(bundle.model, bundle.contract, inputs, bundle.fixture.carry)
    comment = (
        title,
        "",
        f"Replays {ticks} recorded ticks. A program of its own: cc -std=c99 -O2 {prefix}.c "
        f"{prefix}_selftest.c -lm. Or part of a firmware, with -D{macro}_NO_MAIN: call "
        f"{prefix}_selftest. It needs {_count_bytes(layout, ticks):,} bytes of flash more than "
        "the policy, so leave it out of what flies.",
    )
    parts = [
        write_comment(comment),
        f'#include "{prefix}.h"\n\n#include <math.h>\n#ifndef {macro}_NO_MAIN\n'
        "#include <stdio.h>\n#endif",
        f"#define {macro}_TICKS {ticks}\n"
        f"#define {macro}_TOLERANCE {write_float(TOLERANCE)}  /* of each output's range */",
        *(_table(f"inputs_{f.name}", inputs[f.spec.name]) for f in layout.inputs),
        *(_table(f"carry_{f.name}", bundle.fixture.carry[f.spec.name][None]) for f in layout.carry),
        *(_table(f"outputs_{f.name}", expected[f.spec.name]) for f in layout.outputs),
        *(
            f"static const float lower_{field.name}[{field.spec.size}] = {field.lower};\n"
            f"static const float upper_{field.name}[{field.spec.size}] = {field.upper};"
            for field in layout.outputs
        ),
        _WORST,
        _write_function(layout),
        _write_main(prefix, macro),
    ]
    return "\n\n".join(parts) + "\n"


def _table(name: str, values: NDArray[np.float32]) -> str:
    """Return a recording, a row per tick."""
    return write_table(name, "float", values.reshape(len(values), -1))


def _count_bytes(layout: Layout, ticks: int) -> int:
    """Return the size of the recording."""
    per_tick = sum(field.spec.size for field in (*layout.inputs, *layout.outputs))
    return 4 * (ticks * per_tick + sum(item.spec.size for item in layout.carry))


def _write_function(layout: Layout) -> str:
    """Return the function that replays the recording."""
    prefix, macro = layout.prefix, layout.macro
    lines = [f"    {prefix}_reset(&state);"]
    for item in layout.carry:
        lines += _loop(item.spec.size, f"state.{item.name}[i] = carry_{item.name}[0][i];", 1)
    lines.append(f"    for (int tick = 0; tick < {macro}_TICKS; ++tick) {{")
    for field in layout.inputs:
        copy = f"inputs.{field.name}[i] = inputs_{field.name}[tick][i];"
        lines += _loop(field.spec.size, copy, 2)
    lines.append(f"        {prefix}_step(&state, &inputs, &outputs);")
    for field in layout.outputs:
        name = field.name
        compare = (
            f"worst = worse(worst, outputs.{name}[i], outputs_{name}[tick][i], "
            f"upper_{name}[i] - lower_{name}[i]);"
        )
        lines += _loop(field.spec.size, compare, 2)
    lines.append("    }")
    body = "\n".join(lines)
    return f"""\
/* Returns the greatest difference of any command, as a fraction of its range. */
float {prefix}_selftest(void);

float {prefix}_selftest(void)
{{
    static {prefix}_state state;
    static {prefix}_inputs inputs;
    static {prefix}_outputs outputs;
    float worst = 0.0f;
{body}
    return worst;
}}"""


def _loop(size: int, statement: str, depth: int) -> list[str]:
    """Return a loop over the elements of a field."""
    indent = "    " * depth
    return [
        f"{indent}for (int i = 0; i < {size}; ++i) {{",
        f"{indent}    {statement}",
        f"{indent}}}",
    ]


def _write_main(prefix: str, macro: str) -> str:
    """Return the program around the function."""
    return f"""\
#ifndef {macro}_NO_MAIN
int main(void)
{{
    const float worst = {prefix}_selftest();
    const int passed = worst <= {macro}_TOLERANCE;
    printf(
        "%s: %d ticks, worst %.3g of the range, tolerance %g: %s\\n", "{prefix}", {macro}_TICKS,
        (double)worst, (double){macro}_TOLERANCE, passed ? "passed" : "FAILED");
    return passed ? 0 : 1;
}}
#endif"""


_WORST = """\
/* Returns the greater of two errors; what is not a number is the greatest. */
static float worse(float worst, float got, float expected, float range)
{
    const float error = fabsf(got - expected) / range;
    return error <= worst ? worst : error == error ? error : INFINITY;
}"""
