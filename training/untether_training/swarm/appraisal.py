"""How swarm bundles are judged and shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from untether_hardware.swarm.picture import plot_swarm_flight
from untether_hardware.swarm.video import render_swarm_flight
from untether_training.conf.training import ExportConfig
from untether_training.export.card import CardText
from untether_training.learning.appraisal import Appraisal
from untether_training.learning.run_folder import RunFolder
from untether_training.swarm.evaluation.cell import BASE
from untether_training.swarm.evaluation.evaluation import SwarmEvaluation
from untether_training.swarm.evaluation.evaluator import evaluate_swarm
from untether_training.swarm.evaluation.table import CRITERION, print_table, write_table
from untether_training.swarm.obstacles import ObstacleView
from untether_training.swarm.showcase import fly_showcase

_DRONES = 8
_SIGHT = {
    ObstacleView.field: "the distance to the nearest column at nine points around it",
    ObstacleView.nearest: "position and radius of the two nearest columns",
    ObstacleView.positions: "position and radius of the two nearest columns",
}


class SwarmAppraisal(Appraisal[SwarmEvaluation]):
    """Judges by the published protocol.

    Args:
        obstacles: What the policy sees of the columns.
    """

    def __init__(self, obstacles: ObstacleView = ObstacleView.field) -> None:
        self.text = CardText(
            purpose="It flies each Crazyflie of a swarm to its goal among upright columns and the "
            "other drones. It takes the drone's pose in a map frame, its velocities and its goal, "
            f"relative position and velocity of two neighbours, and {_SIGHT[obstacles]}, and "
            "commands the four rotor thrusts at 100 Hz.",
            criterion=CRITERION,
            limits=(
                "It sees two other drones at a time and obstacles up to 1 m away, and plans no "
                "way: in front of a closed wall it stays.",
                "Columns are known from a map; nothing is detected.",
            ),
        )

    def evaluate(
        self, bundle: Path, config: ExportConfig, on_progress: Callable[[int, int], None]
    ) -> SwarmEvaluation:
        """Fly the training scenarios and the unseen ones; `episodes` counts drones."""
        episodes = max(2, config.episodes // _DRONES)
        return evaluate_swarm(bundle, BASE, episodes=episodes, on_progress=on_progress)

    def print_table(self, console: Console, result: SwarmEvaluation) -> None:
        """Print the result as a table."""
        print_table(console, result)

    def write_table(self, result: SwarmEvaluation) -> str:
        """Return the result as Markdown."""
        return write_table(result)

    def show(self, bundle: Path, folder: RunFolder, seed: int) -> Callable[[], object]:
        """Fly a swarm among columns."""
        flight = fly_showcase(bundle, seed)
        title = f"{_DRONES} Crazyflies among columns in MuJoCo"
        plot_swarm_flight(flight, folder.plot, title=title)
        return lambda: render_swarm_flight(flight, folder.video, title=title)
