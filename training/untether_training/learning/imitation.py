"""Imitation of a teacher, by a policy that flies itself."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from rsl_rl.algorithms import PPO
from torch import Tensor, nn

from untether_training.learning.teacher import Teacher


class Imitation:
    """Trains a learner's actor to act as a teacher would where the actor leads.

    DAgger (Ross, Gordon and Bagnell 2011, 1011.0686) in which the policy always flies: it explores
    as in PPO, and each iteration's flights are learned from once. The critic learns from the same
    flights, so it knows the policy when PPO takes over.

    Args:
        teacher: Who tells what to do.
        learner: Its storage is filled as for PPO.
    """

    def __init__(self, teacher: Teacher, learner: PPO) -> None:
        self.teacher = teacher
        self._learner = learner
        # (steps, N, 4) [1]; NaN where nobody was asked, so that nobody learns from it.
        self._labels = torch.full_like(learner.storage.actions, torch.nan)

    def label(self, step: int, inputs: Mapping[str, Tensor]) -> None:
        """Ask the teacher about an observation of this iteration.

        Args:
            step: Which one; all but the first, 0, have to be labelled.
            inputs: From which it was computed; see `FlightEnvironment.inputs`.
        """
        self._labels[step].copy_(self.teacher.act(inputs))

    def update(self) -> dict[str, float]:
        """Learn from the labelled observations, and return the mean losses.

        Returns:
            `surrogate`, the actor's mean squared error [1], and `value`, the critic's.
        """
        learner, storage = self._learner, self._learner.storage
        seen = storage.observations.flatten(0, 1)
        returns, labels = storage.returns.flatten(0, 1), self._labels.flatten(0, 1)
        first = storage.num_envs
        count = len(labels) - first
        size = count // learner.num_mini_batches
        totals = torch.zeros(2, device=labels.device)
        for _ in range(learner.num_learning_epochs):
            order = torch.randperm(count, device=labels.device) + first
            for batch in order[: size * learner.num_mini_batches].split(size):
                observation = seen[batch]
                error = (learner.actor(observation) - labels[batch]).square().mean()
                missed = (learner.critic(observation) - returns[batch]).square().mean()
                learner.optimizer.zero_grad()
                (error + missed).backward()
                for model in (learner.actor, learner.critic):
                    nn.utils.clip_grad_norm_(model.parameters(), learner.max_grad_norm)
                learner.optimizer.step()
                totals += torch.stack((error, missed)).detach()
        storage.clear()
        surrogate, value = (
            totals / (learner.num_learning_epochs * learner.num_mini_batches)
        ).tolist()
        return {"surrogate": surrogate, "value": value}
