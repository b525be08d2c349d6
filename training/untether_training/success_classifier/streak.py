"""When judgements count as success: only when several follow each other."""

from __future__ import annotations

CONSECUTIVE = 2
"""Judgements of success in a row that count as success."""


class SuccessStreak:
    """Counts judgements; call ``reset`` at the start of each episode."""

    def __init__(self, threshold: float) -> None:
        """Create a count.

        Args:
            threshold: What a probability has to exceed [1].
        """
        self._threshold = threshold
        self._length = 0

    def reset(self) -> None:
        """Forget the judgements."""
        self._length = 0

    def add(self, probability: float) -> bool:
        """Take in a judgement, and return whether the task counts as done."""
        self._length = self._length + 1 if probability > self._threshold else 0
        return self._length >= CONSECUTIVE
