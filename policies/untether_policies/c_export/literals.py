"""Writes numbers, tables and comments in C."""

import textwrap
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_WIDTH = 96  # columns


def write_float(value: float) -> str:
    """Return the shortest literal that reads back as the same 32-bit float."""
    number = np.float32(value)
    if np.isnan(number):
        return "NAN"
    if np.isinf(number):
        return "INFINITY" if number > 0 else "-INFINITY"
    text = str(number)
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def write_number(value: float | int | bool, *, is_float: bool) -> str:
    """Return a literal of a float, or of a whole number or truth value."""
    return write_float(float(value)) if is_float else str(int(value))


def write_table(name: str, type_: str, values: NDArray[np.generic]) -> str:
    """Return the definition of a constant table in flash.

    Args:
        name: C identifier.
        type_: C type of an element.
        values: ``(size,)``, or ``(rows, size)`` for a table of rows.
    """
    sizes = "".join(f"[{size}]" for size in values.shape)
    if values.ndim == 1:
        body = _indent(_join(values, type_))
    else:
        body = "\n".join(f"    {{\n{_indent(_join(row, type_), 8)}\n    }}," for row in values)
    return f"static const {type_} {name}{sizes} = {{\n{body}\n}};"


def write_initialiser(values: Iterable[float]) -> str:
    """Return floats in braces, on one line."""
    return "{" + ", ".join(write_float(value) for value in values) + "}"


def write_comment(lines: Iterable[str]) -> str:
    """Return a block comment; lines are wrapped, and those of indented lines indented further."""
    wrapped = [
        part
        for line in lines
        for part in textwrap.wrap(
            line,
            _WIDTH - 3,
            subsequent_indent="      " if line.startswith(" ") else "",
            break_on_hyphens=False,
        )
        or [""]
    ]
    return "\n".join(["/*", *(f" * {line}".rstrip() for line in wrapped), " */"])


def _join(values: NDArray[np.generic], type_: str) -> str:
    """Return the numbers of a row, separated by commas."""
    return ", ".join(write_number(value, is_float=type_ == "float") for value in values.tolist())


def _indent(text: str, columns: int = 4) -> str:
    """Return text wrapped and indented."""
    space = " " * columns
    return textwrap.fill(text, _WIDTH, initial_indent=space, subsequent_indent=space)
