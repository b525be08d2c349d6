"""What an iteration's flights brought, in mini-batches that are put together once."""

from __future__ import annotations

from collections.abc import Generator

from rsl_rl.storage import RolloutStorage


class Rollout(RolloutStorage):
    """rsl_rl's storage, which shuffles once for all epochs but gathers the rows in each."""

    def mini_batch_generator(
        self, num_mini_batches: int, num_epochs: int = 8
    ) -> Generator[RolloutStorage.Batch, None, None]:
        """Yield the mini-batches of one shuffled pass, again in each epoch."""
        batches = list(super().mini_batch_generator(num_mini_batches, 1))
        for _ in range(num_epochs):
            yield from batches
