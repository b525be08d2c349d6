"""A simulated operator, who watches a policy and corrects it as a person would."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from untether_training.manipulation.environment import Action
from untether_training.manipulation.scripted_expert import ScriptedExpert


@dataclass(frozen=True)
class OperatorHabits:
    """When the operator takes over, and for how long.

    Attributes:
        patience: Time without progress after which the operator wants to help [s].
        progress: By how much what remains has to fall in that time to count as progress [m].
        reaction: Mean time from wanting to help to doing it, exponentially distributed [s].
        help: Shortest and longest time of a correction, uniformly drawn [s].
        attention: Probability of watching an episode at all [1].
        trust: Share of those that is left alone where all have succeeded lately, and in proportion
            where fewer have. A policy that is always helped learns that it pays to wait [1].
    """

    patience: float = 1.5
    progress: float = 0.01
    reaction: float = 0.4
    help: tuple[float, float] = (0.8, 2.5)
    attention: float = 1.0
    trust: float = 0.0


_MEMORY = 0.1  # weight of the latest episode in how often they succeed lately


class SimulatedOperator:
    """Takes over when progress stalls, does it as the expert would, and lets go again.

    The operator sees how far there is to go, but neither the policy's actions nor its estimates.
    """

    def __init__(
        self,
        expert: ScriptedExpert,
        generator: np.random.Generator,
        *,
        period: float,
        habits: OperatorHabits | None = None,
    ) -> None:
        """Create an operator; call ``reset`` at the start of each episode.

        Args:
            expert: How the operator acts; its skill is the operator's.
            generator: Source of the operator's whims.
            period: Time between two actions [s].
            habits: When the operator takes over.
        """
        self.habits = habits = habits or OperatorHabits()
        self._expert = expert
        self._generator = generator
        self._period = period
        self._seen: deque[float] = deque(maxlen=max(2, round(habits.patience / period)))
        self._waiting: int | None = None  # steps until a wish to help is acted upon
        self._helping = 0  # steps that the correction still lasts
        self._watching = True
        self._success = 0.0  # lately, from 0 to 1

    @property
    def is_helping(self) -> bool:
        """Whether the operator has the arm in hand."""
        return self._helping > 0

    def reset(self) -> None:
        """Let go, and look at a new episode."""
        self._expert.reset()
        self._seen.clear()
        self._waiting, self._helping = None, 0
        attention = self.habits.attention * (1.0 - self.habits.trust * self._success)
        self._watching = bool(self._generator.random() < attention)

    def judge(self, *, success: bool) -> None:
        """Remember how an episode ended, helped or not."""
        self._success += _MEMORY * (success - self._success)

    def watch(self, remaining: float) -> Action | None:
        """Return what the operator does now, (7,) [1]; None while the policy may go on.

        Args:
            remaining: How far there is to go [m], as the task measures it.
        """
        if self._helping:
            self._helping -= 1
            if not self._helping:
                self._seen.clear()  # the policy gets a new chance
        elif self._watching:
            self._wonder(remaining)
        return self._expert.act() if self._helping else None

    def _wonder(self, remaining: float) -> None:
        """Decide whether to take over."""
        self._seen.append(remaining)
        if self._waiting is None:
            full = len(self._seen) == self._seen.maxlen
            if full and self._seen[0] - min(self._seen) < self.habits.progress:
                self._waiting = self._steps(self._generator.exponential(self.habits.reaction))
        elif self._waiting > 0:
            self._waiting -= 1
        else:
            self._waiting = None
            self._expert.reset()
            self._helping = max(1, self._steps(self._generator.uniform(*self.habits.help)))

    def _steps(self, duration: float) -> int:
        return round(duration / self._period)
