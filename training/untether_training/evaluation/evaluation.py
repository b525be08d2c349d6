"""The result of evaluating a bundle: its rows and what they were made from."""

from dataclasses import dataclass

from untether_training.evaluation.row import EvaluationRow


@dataclass(frozen=True)
class Evaluation:
    """How often a bundle succeeds, in which simulator and under which condition.

    Attributes:
        bundle: Name of the bundle.
        sha256: Hash of its contract.
        task: Name of the task, which sets the criterion.
        seed: What every random number was derived from.
        seconds: How long the evaluation took [s].
        rows: One for each simulator and condition.
    """

    bundle: str
    sha256: str
    task: str
    seed: int
    seconds: float
    rows: tuple[EvaluationRow, ...]

    @property
    def passed(self) -> bool:
        """Whether every row that has a target reaches it."""
        return all(row.passed for row in self.rows)

    def figures(self) -> dict[str, float | int | str | None]:
        """Return all figures of all rows, flat, by names such as ``mujoco_nominal_successes``."""
        figures: dict[str, float | int | str | None] = {
            "bundle": self.bundle,
            "contract_sha256": self.sha256,
            "task": self.task,
            "seconds": self.seconds,
        }
        for row in self.rows:
            figures.update(row.figures())
        return figures
