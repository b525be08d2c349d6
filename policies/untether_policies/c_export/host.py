"""Compiles an export on this computer and runs its self-test."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from untether_policies.c_export.exporting import CExport, write_export
from untether_policies.c_export.refusal import ExportRefusedError

WARNINGS = (
    "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion",
)  # fmt: skip
_SECONDS = 120.0
_WORST = re.compile(r"worst (\S+) of the range")


@dataclass(frozen=True)
class SelfTest:
    """What the self-test found.

    Attributes:
        compiler: the command that compiled it.
        text: what it printed.
        worst: greatest difference from ONNX Runtime, as a fraction of the range.
    """

    compiler: str
    text: str
    worst: float


def find_compiler() -> str | None:
    """Return the command of a C compiler, ``CC`` of the environment first; None without one."""
    names = (os.environ.get("CC", ""), "cc", "gcc", "clang")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def run_selftest(export: CExport, compiler: str) -> SelfTest:
    """Compile an export and replay its fixture.

    Raises:
        ExportRefusedError: when it does not compile, or differs from ONNX Runtime.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        sources = [str(path) for path in write_export(export, folder) if path.suffix == ".c"]
        program = folder / "selftest"
        command = [compiler, *WARNINGS, "-O2", *sources, "-lm", "-o", str(program)]
        built = _run(command)
        if built.returncode:
            raise _wrong(export, "C that compiles", built.stderr)
        result = _run([str(program)])
    found = _WORST.search(result.stdout)
    if result.returncode or found is None:
        raise _wrong(export, "the answers of ONNX Runtime", result.stdout + result.stderr)
    return SelfTest(Path(compiler).name, result.stdout.strip(), float(found[1]))


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command and return its output."""
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
    )


def _wrong(export: CExport, expected: str, got: str) -> ExportRefusedError:
    """Return the error for C that does not do what the graph does."""
    return ExportRefusedError(
        f"{export.prefix}.c: self-test",
        expected=expected,
        got=" ".join(got.split())[:400] or "nothing",
        fix="report it with the bundle; do not fly this export",
    )
