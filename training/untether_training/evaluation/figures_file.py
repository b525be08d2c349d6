"""Writes an evaluation's figures for machines."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from untether_policies.benchmarks.report import describe_run
from untether_policies.folder import write_atomically


class Figures(Protocol):
    """The result of an evaluation."""

    @property
    def seed(self) -> int:
        """What every random number was derived from."""
        ...

    def figures(self) -> Mapping[str, float | int | str | None]:
        """Return all figures, flat, by name."""
        ...


def write_figures(evaluation: Figures, path: Path) -> None:
    """Write one flat JSON object: ``{name: value, ..., "provenance": {...}}``.

    Args:
        evaluation: What to write.
        path: A file; replaced when it exists.

    Raises:
        OSError: When it cannot be written.
    """
    provenance = describe_run(seed=evaluation.seed, warm_up="20 ticks of each policy")
    document = {**evaluation.figures(), "provenance": provenance}
    text = json.dumps(document, indent=2, allow_nan=False)
    write_atomically(path, f"{text}\n".encode())
