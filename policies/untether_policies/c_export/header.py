"""Writes the C header of a program: the contract as comments, structs with named fields."""

from __future__ import annotations

from collections.abc import Sequence

from untether_policies.bundle import Bundle
from untether_policies.c_export.expressions import Type
from untether_policies.c_export.layout import Field, Layout, StateField
from untether_policies.c_export.literals import write_comment, write_float, write_initialiser
from untether_policies.c_export.program import Program
from untether_policies.tensors import TensorSpec


def write_header(program: Program, bundle: Bundle, title: str) -> str:
    """Return the text of ``NAME.h``.

    Args:
        program: gives names and sizes.
        bundle: gives the contract and its hash.
        title: first line of the file's comment.
    """
    layout, contract = program.layout, bundle.contract
    prefix, macro = layout.prefix, layout.macro
    comment = (
        title,
        "",
        f"Bundle {contract.name} for {contract.robot}, {contract.rate:g} Hz, sha256 of its "
        "contract.yaml:",
        f"{bundle.sha256}",
        "",
        "SI units; a frame is written after the unit. map is fixed to the world, x east, y north, "
        "z up; base_link is fixed to the body, x forward, y left, z up. Values lie in row-major "
        "order.",
        "",
        *_describe_inputs(layout.inputs),
        "",
        *_describe_outputs(layout.outputs),
        "",
        *_describe_carry(layout),
        "",
        f"Use: one {prefix}_state per robot, in RAM that the caller owns. {prefix}_reset before "
        f"the first step and whenever the policy takes over again; then {prefix}_step "
        f"{contract.rate:g} times per second, at an even rate: what the policy knows of time is "
        "the number of steps. Functions may run for several robots at the same time, as long as "
        "no two share a state. NaN in an input comes out as NaN, or spoils the state until the "
        "next reset: check inputs before, and outputs and their limits after each step.",
    )
    parts = [
        write_comment(comment),
        f"#ifndef {macro}_H\n#define {macro}_H\n\n#include <stdint.h>",
        '#ifdef __cplusplus\nextern "C" {\n#endif',
        "\n".join(_write_macros(bundle, layout)),
        *_write_enumerations((*layout.inputs, *layout.outputs)),
        _write_struct(f"{prefix}_inputs", [_field(field) for field in layout.inputs]),
        _write_struct(f"{prefix}_outputs", [_field(field) for field in layout.outputs]),
        _write_struct(f"{prefix}_state", _state_fields(program)),
        f"/* Sets the state to its value before the first tick. */\n"
        f"void {prefix}_reset({prefix}_state *state);",
        "/* Computes one tick: outputs and next state. The three must not overlap. */\n"
        f"void {prefix}_step(\n    {prefix}_state *state,\n    const {prefix}_inputs *inputs,\n"
        f"    {prefix}_outputs *outputs);",
        "#ifdef __cplusplus\n}\n#endif",
        "#endif",
    ]
    return "\n\n".join(parts) + "\n"


def _describe_inputs(fields: Sequence[Field]) -> list[str]:
    """Return what the inputs are."""
    lines = ["Inputs:"]
    for field in fields:
        age = field.spec.max_age
        text = "never ages" if age is None else f"not to be used when older than {age:g} s"
        lines.append(f"  {_describe(field)}; {text}")
    return lines


def _describe_outputs(fields: Sequence[Field]) -> list[str]:
    """Return what the outputs are, with the limits of the actuator."""
    lines = ["Outputs, with the limits that a safety stage has to enforce in any case:"]
    for field in fields:
        pairs = zip(field.spec.lower or (), field.spec.upper or (), strict=True)
        ranges = [f"{lower:g} to {upper:g}" for lower, upper in pairs]
        if len(set(ranges)) == 1:
            limits = f"each {ranges[0]}"
        else:
            limits = ", ".join(map(" ".join, zip(field.spec.elements, ranges, strict=True)))
        lines.append(f"  {_describe(field)}; {limits}")
    return lines


def _describe_carry(layout: Layout) -> list[str]:
    """Return what the policy remembers."""
    if not layout.carry:
        return ["The policy remembers nothing from tick to tick."]
    names = ", ".join(f"{item.name} ({item.spec.size})" for item in layout.carry)
    return [
        f"The policy remembers, in its state: {names}. These values belong to the policy: reset "
        "them, copy them, but do not write them."
    ]


def _describe(field: Field) -> str:
    """Return name, kind, unit, frame and elements of a tensor."""
    spec = field.spec
    parts = [f"{field.name}: {spec.kind}, {_unit(spec)}, {_list_elements(spec)}"]
    if spec.quaternion_order is not None:
        parts.append(f"quaternion {spec.quaternion_order}")
    return "; ".join(parts)


def _unit(spec: TensorSpec) -> str:
    """Return a tensor's unit and frame."""
    return f"[{spec.unit}] {spec.frame}"


def _list_elements(spec: TensorSpec) -> str:
    """Return the elements in order, or the shape of a grid."""
    if spec.elements:
        return " ".join(spec.elements)
    return f"grid of {' x '.join(map(str, spec.shape))}"


def _write_macros(bundle: Bundle, layout: Layout) -> list[str]:
    """Return the numbers of the contract that a firmware needs."""
    macro, rate = layout.macro, bundle.contract.rate
    lines = [
        f'#define {macro}_BUNDLE_SHA256 "{bundle.sha256}"',
        f"#define {macro}_RATE {write_float(rate)}  /* [Hz] */",
        f"#define {macro}_PERIOD {write_float(1.0 / rate)}  /* [s] */",
    ]
    lines += [
        f"#define {field.max_age} {write_float(field.spec.max_age)}  /* [s] */"
        for field in layout.inputs
        if field.spec.max_age is not None
    ]
    for field in layout.outputs:
        for name, limit in ((field.lower, field.spec.lower), (field.upper, field.spec.upper)):
            lines.append(
                f"#define {name} {write_initialiser(limit or ())}  /* [{field.spec.unit}] */"
            )
    return lines


def _write_enumerations(fields: Sequence[Field]) -> list[str]:
    """Return the indices of elements by name."""
    texts = []
    for field in fields:
        if field.elements:
            names = ",\n".join(
                f"    {constant} = {index}"
                for index, constant in enumerate(field.elements.values())
            )
            texts.append(f"/* Elements of {field.name}. */\nenum {{\n{names}\n}};")
    return texts


def _write_struct(name: str, fields: list[str]) -> str:
    """Return the definition of a struct."""
    body = "\n".join(f"    {field}" for field in fields)
    return f"typedef struct {{\n{body}\n}} {name};"


def _field(field: Field) -> str:
    """Return the declaration of an input or output."""
    elements = _list_elements(field.spec)
    if len(elements) > 60:
        elements = f"{field.spec.size} values"
    return f"float {field.name}[{field.spec.size}];  /* {_unit(field.spec)}: {elements} */"


def _state_fields(program: Program) -> list[str]:
    """Return the declarations of the carry and of the memory for intermediate results."""
    sizes = program.memory.sizes
    lines = [_state_field(item) for item in program.layout.carry]
    if sizes[Type.FLOAT] or not (lines or sizes[Type.INTEGER]):
        # C has no empty structs.
        lines.append(f"float scratch[{max(1, sizes[Type.FLOAT])}];  /* used within a step only */")
    if sizes[Type.INTEGER]:
        lines.append(
            f"int32_t scratch_integer[{sizes[Type.INTEGER]}];  /* used within a step only */"
        )
    return lines


def _state_field(item: StateField) -> str:
    """Return the declaration of a carry."""
    shape = " x ".join(map(str, item.spec.shape))
    return f"float {item.name}[{item.spec.size}];  /* carry, {shape} */"
