"""Batches that are drawn partly from demonstrations and partly from the robot's own experience."""

from __future__ import annotations

from untether_training.offpolicy.batch import Batch
from untether_training.offpolicy.replay_buffer import ReplayBuffer


class Mixture:
    """Draws a fixed share of each batch from demonstrations (RLPD: Ball et al. 2023, 2302.02948).

    While one of the two is empty, all is drawn from the other.

    Args:
        experience: What the robot did, corrections included.
        demonstrations: What people did: demonstrations and corrections.
        share: Of a batch that is drawn from the demonstrations, 0 to 1.
    """

    def __init__(
        self, experience: ReplayBuffer, demonstrations: ReplayBuffer, share: float = 0.5
    ) -> None:
        if not 0.0 <= share <= 1.0:
            raise ValueError(
                f"Mixture: expected a share from 0 to 1, got {share}. Fix: 0.5 is usual."
            )
        self._experience = experience
        self._demonstrations = demonstrations
        self._share = share

    def sample(self, size: int) -> Batch:
        """Draw transitions.

        Args:
            size: How many.

        Raises:
            ValueError: When both are empty.
        """
        shown = round(self._share * size)
        if not len(self._demonstrations):
            shown = 0
        elif not len(self._experience):
            shown = size
        parts = [
            buffer.sample(count)
            for buffer, count in (
                (self._experience, size - shown),
                (self._demonstrations, shown),
            )
            if count
        ]
        return Batch.join(parts)
