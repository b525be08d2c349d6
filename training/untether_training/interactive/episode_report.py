"""What an episode of the actor brought, and how far the learner was then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from untether_hardware.actor_learner.record import Transition


@dataclass(frozen=True)
class EpisodeReport:
    """A row of the history; figures of the learner are 0 before its first update.

    Attributes:
        episode: Number of episodes so far, without demonstrations.
        elapsed: Training time so far [s].
        steps: Actions so far, without demonstrations.
        updates: Of the learner so far.
        success: 1 when the task was done, else 0.
        length: Actions of the episode.
        corrected: Of which the operator commanded.
        corrections: How often the operator took over.
        q: The critics' mean estimate of the last batch.
        entropy: Of the actor [nat].
        temperature: Weight of the entropy.
        loss: Of the critics, or of the imitation.
    """

    episode: int
    elapsed: float
    steps: int
    updates: int
    success: int
    length: int
    corrected: int
    corrections: int
    q: float
    entropy: float
    temperature: float
    loss: float

    groups: ClassVar[Mapping[str, str]] = {
        "elapsed": "time",
        "steps": "time",
        "updates": "time",
        "success": "episode",
        "length": "episode",
        "corrected": "episode",
        "corrections": "episode",
    }

    @property
    def summary(self) -> str:
        """The most important figures in a few words."""
        end = "success" if self.success else "failure"
        return (
            f"{self.episode} episodes  {self.steps} steps  {self.updates} updates  "
            f"last: {end} after {self.length} steps, {self.corrected} of them corrected"
        )


def count_corrections(steps: Sequence[Transition]) -> tuple[int, int]:
    """Return how many steps were corrections, and how often one began."""
    helped = [step.intervention for step in steps]
    began = [now and not before for before, now in zip([False, *helped], helped, strict=False)]
    return sum(helped), sum(began)
