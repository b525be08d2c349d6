"""Reports a benchmark: a table for people, one flat JSON object for machines, an exit status."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.table import Table
from rich.text import Text

from untether_policies.folder import write_atomically
from untether_policies.terminal import open_console

_PACKAGES = (
    "untether", "numpy", "onnx", "onnxruntime", "torch", "rsl-rl-lib", "mujoco", "ros-rclpy",
)  # fmt: skip
_SOURCE = Path("policies/untether_policies/benchmarks/report.py")  # in the project's repository


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        name: e.g. ``"policy_tick_p50"``; the key in the JSON file.
        value: the number, in ``unit``.
        unit: SI unit with prefix, or ``"1"`` for a ratio.
        target: what must be reached; None for a number that is only stated.
        at_most: whether the value must be at most the target, else at least.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = True

    @property
    def holds(self) -> bool:
        """Whether the target is reached; NaN reaches none."""
        if self.target is None:
            return True
        return self.value <= self.target if self.at_most else self.value >= self.target


def report(
    title: str, figures: Sequence[Figure], *, seed: int, warm_up: str, json_path: Path | None
) -> int:
    """Print the figures, write them as JSON if asked to, and say whether all targets hold.

    Args:
        title: what was measured, and against what.
        figures: the numbers.
        seed: of everything random in the run.
        warm_up: what ran before the measurement began.
        json_path: where to write ``{name: value, ..., "provenance": {...}}``.

    Returns:
        The exit status: 0 when all targets hold, else 1.
    """
    console = open_console()
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in ("figure", "value", "unit", "target", ""):
        table.add_column(column, justify="right" if column in ("value", "target") else "left")
    for figure in figures:
        target, verdict = "", Text()
        if figure.target is not None:
            target = f"{'at most' if figure.at_most else 'at least'} {figure.target:,.6g}"
            verdict = Text("holds", "green") if figure.holds else Text("MISSED", "bold red")
        table.add_row(figure.name, _format(figure.value), figure.unit, target, verdict)
    console.print(table)
    provenance = describe_run(seed=seed, warm_up=warm_up)
    console.print(
        f"{provenance['cpu']}, {provenance['cores']} cores, seed {seed}, commit "
        f"{provenance['commit']}; warm-up: {warm_up}",
        soft_wrap=True,
    )
    if json_path is not None:
        document = {figure.name: _plain(figure.value) for figure in figures}
        text = json.dumps(document | {"provenance": provenance}, indent=2, allow_nan=False)
        write_atomically(json_path, f"{text}\n".encode())
    return 0 if all(figure.holds for figure in figures) else 1


def describe_run(*, seed: int, warm_up: str) -> dict[str, object]:
    """Return on what, with what and when a benchmark ran."""
    return {
        "cpu": _name_processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
        "python": platform.python_version(),
        "versions": _installed_versions(),
        "seed": seed,
        "commit": find_commit(),
        "warm_up": warm_up,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average": round(os.getloadavg()[0], 2),
    }


def find_commit() -> str:
    """Return the git revision of the sources, with ``-dirty`` for local changes, or ``unknown``.

    Installed sources may lie inside a repository, but its revision is not theirs.
    """
    source = Path(__file__).resolve()
    root = source.parents[3]
    if root / _SOURCE != source or not (root / ".git").exists():
        return "unknown"
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        result = subprocess.run(
            command,
            cwd=root,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return result.stdout.strip()


def _installed_versions() -> dict[str, str]:
    """Return the versions of the packages that influence a measurement, without importing them."""
    versions: dict[str, str] = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _name_processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _format(value: float) -> str:
    """Return a number with four significant digits, and thousands separated."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _plain(value: float) -> float | str:
    """Return a number that JSON has; NaN and infinity, which it has not, as text."""
    number = float(value)
    return number if number - number == 0.0 else repr(number)
