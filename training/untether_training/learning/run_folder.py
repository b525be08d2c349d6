"""The folder of a training run: where everything lies, and where it comes from."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from untether_policies.benchmarks.report import describe_run
from untether_policies.folder import write_atomically


@dataclass(frozen=True)
class RunFolder:
    """A run's files.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def config(self) -> Path:
        """The run's config, YAML."""
        return self.path / "config.yaml"

    @property
    def provenance(self) -> Path:
        """Command, git revision, seed, machine and versions, JSON."""
        return self.path / "run.json"

    @property
    def checkpoint(self) -> Path:
        """The last checkpoint."""
        return self.path / "checkpoint.pt"

    @property
    def history(self) -> Path:
        """One row an iteration, CSV."""
        return self.path / "progress.csv"

    @property
    def tensorboard(self) -> Path:
        """Folder of the TensorBoard log."""
        return self.path / "tensorboard"

    @property
    def curve(self) -> Path:
        """The learning curve, PNG."""
        return self.path / "learning_curve.png"

    @property
    def evaluation(self) -> Path:
        """The evaluation's figures, JSON."""
        return self.path / "evaluation.json"

    @property
    def table(self) -> Path:
        """The evaluation's table, Markdown."""
        return self.path / "evaluation.md"

    @property
    def plot(self) -> Path:
        """A flight in the deployment simulator, PNG."""
        return self.path / "flight.png"

    @property
    def video(self) -> Path:
        """The same flight, MP4."""
        return self.path / "flight.mp4"

    def bundle(self, name: str) -> Path:
        """Folder of the exported bundle."""
        return self.path / name

    def create(self, config: str, arguments: Sequence[str], seed: int) -> None:
        """Make the folder and write down what the run is.

        Args:
            config: The config as YAML.
            arguments: Of the command line.
            seed: Of everything random.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.config, config.encode())
        command = shlex.join(("untether", "train", *arguments))
        document = {"command": command, **describe_run(seed=seed, warm_up="none")}
        write_atomically(self.provenance, f"{json.dumps(document, indent=2)}\n".encode())
