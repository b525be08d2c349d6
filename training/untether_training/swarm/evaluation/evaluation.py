"""The result of evaluating a swarm bundle."""

from __future__ import annotations

from dataclasses import dataclass

from untether_training.swarm.evaluation.row import SwarmRow


@dataclass(frozen=True)
class SwarmEvaluation:
    """How a bundle fared, cell by cell.

    Attributes:
        bundle: Name of the bundle.
        sha256: Hash of its contract.
        seed: What every random number was derived from.
        seconds: How long the evaluation took [s].
        inference: Mean time of the graph for one drone's command, in batches of a cell [s].
        rows: One for each cell.
    """

    bundle: str
    sha256: str
    seed: int
    seconds: float
    inference: float
    rows: tuple[SwarmRow, ...]

    @property
    def passed(self) -> bool:
        """Whether every row that has targets reaches them."""
        return all(row.passed for row in self.rows)

    def figures(self) -> dict[str, float | int | str | None]:
        """Return all figures of all rows, flat, by names such as ``base_success_rate``."""
        figures: dict[str, float | int | str | None] = {
            "bundle": self.bundle,
            "contract_sha256": self.sha256,
            "task": "swarm",
            "seconds": self.seconds,
            "inference_s": self.inference,
        }
        for row in self.rows:
            figures.update(row.figures())
        return figures
