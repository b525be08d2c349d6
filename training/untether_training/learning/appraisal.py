"""What every task offers to the end of a training: judgement, table, words and pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from rich.console import Console

from untether_training.conf.training import ExportConfig
from untether_training.evaluation.figures_file import Figures
from untether_training.export.card import CardText
from untether_training.learning.run_folder import RunFolder

ResultT = TypeVar("ResultT", bound=Figures)


class Appraisal(ABC, Generic[ResultT]):
    """How the bundles of a task are judged and shown.

    Attributes:
        text: What a card says of the task.
    """

    text: CardText

    @abstractmethod
    def evaluate(
        self, bundle: Path, config: ExportConfig, on_progress: Callable[[int, int], None]
    ) -> ResultT:
        """Return how a bundle does on starts, goals and drones that training never saw."""

    @abstractmethod
    def print_table(self, console: Console, result: ResultT) -> None:
        """Print the result as a table."""

    @abstractmethod
    def write_table(self, result: ResultT) -> str:
        """Return the result as Markdown, with the command that makes it again."""

    @abstractmethod
    def show(self, bundle: Path, folder: RunFolder, seed: int) -> Callable[[], object]:
        """Fly once in the deployment simulator and draw it; return what renders the video.

        Args:
            bundle: The bundle's folder.
            folder: Of the run, where the picture and the video go.
            seed: Of the flight.
        """
