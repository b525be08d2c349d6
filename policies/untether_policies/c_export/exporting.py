"""Exports a bundle as C: writes the files, and reports what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from untether_policies.bundle import Bundle
from untether_policies.c_export.expressions import Buffer, Type
from untether_policies.c_export.header import write_header
from untether_policies.c_export.kernels import constants
from untether_policies.c_export.program import Program, build_program
from untether_policies.c_export.refusal import ExportRefusedError
from untether_policies.c_export.selftest import write_selftest
from untether_policies.c_export.source import write_source
from untether_policies.folder import write_atomically


@dataclass(frozen=True)
class CExport:
    """A bundle as C.

    Attributes:
        prefix: of files, types and functions.
        files: text by file name: source, header, self-test.
        weight_bytes: flash for weights and constants [bytes]; code comes on top.
        state_bytes: RAM of one robot's state [bytes], with the memory for intermediate results.
        scratch_bytes: that memory alone [bytes].
    """

    prefix: str
    files: Mapping[str, str] = field(repr=False)
    weight_bytes: int
    state_bytes: int
    scratch_bytes: int


def export_c(bundle: Bundle) -> CExport:
    """Return a bundle as C99; equal bundles give equal text.

    Args:
        bundle: checked.

    Raises:
        ExportRefusedError: when the graph uses something that the export does not have.
    """
    program = build_program(bundle)
    prefix = program.layout.prefix
    title = (
        f"Policy {bundle.contract.name}, written by untether {version('untether')}; "
        "do not edit, export again."
    )
    return CExport(
        prefix=prefix,
        files={
            f"{prefix}.h": write_header(program, bundle, title),
            f"{prefix}.c": write_source(program, title),
            f"{prefix}_selftest.c": write_selftest(program.layout, bundle, title),
        },
        weight_bytes=sum(
            buffer.size * buffer.type.array_type.itemsize for buffer in _find_tables(program)
        ),
        state_bytes=4 * (_count_scratch(program) + sum(len(v) for _, v in program.initial)),
        scratch_bytes=4 * _count_scratch(program),
    )


def write_export(export: CExport, folder: Path) -> list[Path]:
    """Write the files of an export; earlier ones of the same policy are replaced.

    Returns:
        Their paths.

    Raises:
        ExportRefusedError: when they cannot be written.
    """
    try:
        for name, text in export.files.items():
            write_atomically(folder / name, text.encode())
    except OSError as error:
        raise ExportRefusedError(
            str(folder),
            expected="a folder that can be written",
            got=error.strerror or str(error),
            fix="give another path with --out",
        ) from error
    return [folder / name for name in export.files]


def _find_tables(program: Program) -> dict[Buffer, None]:
    """Return the tables of a program, each once."""
    return dict.fromkeys(table for kernel in program.kernels for table in constants(kernel))


def _count_scratch(program: Program) -> int:
    """Return the number of values for intermediate results."""
    return program.memory.sizes[Type.FLOAT] + program.memory.sizes[Type.INTEGER]
