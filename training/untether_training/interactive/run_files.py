"""Where a run with an actor and a learner keeps what they tell each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFiles:
    """Folders within that of the run.

    Attributes:
        path: The run's folder.
    """

    path: Path

    @property
    def journal(self) -> Path:
        """All that the learner has acknowledged."""
        return self.path / "journal"

    @property
    def outbox(self) -> Path:
        """What the actor has that is not acknowledged yet."""
        return self.path / "outbox"

    @property
    def recorded_outbox(self) -> Path:
        """Likewise, of recorded demonstrations."""
        return self.path / "recorded_outbox"

    @property
    def dataset(self) -> Path:
        """Demonstrations and corrected episodes, as a LeRobotDataset v3."""
        return self.path / "dataset"

    @property
    def actor(self) -> Path:
        """The bundle with which the actor of a robot begins."""
        return self.path / "actor"
