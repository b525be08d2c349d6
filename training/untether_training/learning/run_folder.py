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

    @classmethod
    def create(cls, path: Path, config: str, arguments: Sequence[str], seed: int) -> RunFolder:
        """Make the folder of a new run and write down what the run is.

        A folder that exists is left to whom it belongs, even to a run that began at the same
        moment: the new run's is then called PATH_2, or PATH_3 and so on.

        Args:
            path: The folder that is wanted.
            config: The config as YAML.
            arguments: Of the command line.
            seed: Of everything random.

        Raises:
            OSError: When it cannot be written.
        """
        folder = cls(_claim(path))
        write_atomically(folder.config, config.encode())
        command = shlex.join(("untether", "train", *arguments))
        document = {"command": command, **describe_run(seed=seed, warm_up="none")}
        write_atomically(folder.provenance, f"{json.dumps(document, indent=2)}\n".encode())
        return folder


def _claim(path: Path) -> Path:
    """Make a folder that nobody else has, named like `path`, and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    claimed, number = path, 1
    while True:
        try:
            claimed.mkdir()
        except FileExistsError:
            number += 1
            claimed = path.with_name(f"{path.name}_{number}")
        else:
            return claimed
