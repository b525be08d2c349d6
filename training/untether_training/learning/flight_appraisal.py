"""How bundles of lone drones are judged and shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from untether_hardware.crazyflie.plot import plot_flight
from untether_hardware.crazyflie.video import render_flight
from untether_training.conf.training import ExportConfig
from untether_training.evaluation.criteria import CRITERIA
from untether_training.evaluation.evaluation import Evaluation
from untether_training.evaluation.evaluator import evaluate_bundle
from untether_training.evaluation.table import describe_criteria, print_table, write_card_table
from untether_training.export.card import CardText
from untether_training.export.showcase import fly_showcase
from untether_training.learning.appraisal import Appraisal
from untether_training.learning.run_folder import RunFolder

_PURPOSES = {
    "waypoint": "flies a Crazyflie to a point and stays there, from the floor or the air, "
    "one goal after the other",
    "hover": "catches a Crazyflie that was thrown in any attitude, and hovers where it was thrown",
    "figure_eight": "follows a goal that runs along a figure eight",
}


class FlightAppraisal(Appraisal[Evaluation]):
    """Judges by `untether eval`, and shows a flight in the deployment simulator.

    Args:
        task: Name of the task.
    """

    def __init__(self, task: str) -> None:
        self._task = task
        purpose = _PURPOSES.get(task, f"was trained for the task {task}")
        self.text = CardText(
            purpose=f"It {purpose}. It takes the pose in a map frame (motion capture, or another "
            "source of that accuracy), the velocities and the goal, and commands the four rotor "
            "thrusts at 100 Hz. It keeps no heading.",
            criterion=f"An episode counts when the drone is {describe_criteria(CRITERIA[task])}.",
            limits=("It sees no obstacles and no other robots.",),
        )

    def evaluate(
        self, bundle: Path, config: ExportConfig, on_progress: Callable[[int, int], None]
    ) -> Evaluation:
        """Count successes in both simulators."""
        return evaluate_bundle(
            bundle,
            episodes=config.episodes,
            flights=config.flights,
            task=self._task,
            on_progress=on_progress,
        )

    def print_table(self, console: Console, result: Evaluation) -> None:
        """Print the result as a table."""
        print_table(console, result)

    def write_table(self, result: Evaluation) -> str:
        """Return the result as Markdown."""
        return write_card_table(result)

    def show(self, bundle: Path, folder: RunFolder, seed: int) -> Callable[[], object]:
        """Fly a course that shows what the task is about."""
        flight = fly_showcase(bundle, self._task, seed)
        plot_flight(flight, folder.plot)
        return lambda: render_flight(flight, folder.video)
