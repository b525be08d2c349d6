"""The update of an off-policy learner as a plain torch loop: what the learner is compared with."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn

from untether_training.offpolicy.batch import Batch
from untether_training.offpolicy.critic import CriticEnsemble
from untether_training.offpolicy.gripper import find_command
from untether_training.offpolicy.policy import HybridPolicy


class BareUpdate:
    """Soft actor-critic with the same networks, on batches that lie ready in memory.

    Args:
        policy: Its networks.
        critic: The ensemble.
        batches: Taken in turn.
        twist_size: Size of an action without the gripper's command.
    """

    def __init__(
        self,
        policy: HybridPolicy,
        critic: CriticEnsemble,
        batches: Sequence[Batch],
        twist_size: int,
    ) -> None:
        self._policy, self._critic, self._batches = policy, critic, batches
        self._slow_policy = copy.deepcopy(policy).requires_grad_(False)
        self._slow_critic = copy.deepcopy(critic).requires_grad_(False)
        self._twist_size = twist_size
        self._temperature = nn.Parameter(torch.zeros(()))
        critics = [p for name, p in policy.named_parameters() if not name.startswith("actor")]
        self._critic_optimizer = torch.optim.Adam([*critics, *critic.parameters()], 3e-4)
        self._actor_optimizer = torch.optim.Adam(policy.actor.parameters(), 3e-4)
        self._temperature_optimizer = torch.optim.Adam([self._temperature], 3e-4)
        self._generator = torch.Generator().manual_seed(0)
        self._updates = 0

    def update(self) -> None:
        """Do an update; every second one trains the actor."""
        policy, critic, generator = self._policy, self._critic, self._generator
        batch = self._batches[self._updates % len(self._batches)]
        self._updates += 1
        twist = batch.action[:, : self._twist_size]
        following = {name: array.float() for name, array in batch.next_observation.items()}
        code = policy.encoder(batch.observation)
        with torch.no_grad():
            next_code = policy.encoder(following)
            slow_code = self._slow_policy.encoder(following)
            next_twist, _ = policy.actor(next_code, generator)
            value = self._slow_critic(slow_code, next_twist).amin(0)
            target = batch.reward + 0.97 * batch.bootstrap * value
        loss = (critic(code, twist) - target).square().mean(1).sum()
        if policy.gripper is not None and self._slow_policy.gripper is not None:
            with torch.no_grad():
                best = policy.gripper(next_code).argmax(1, keepdim=True)
                value = self._slow_policy.gripper(slow_code).gather(1, best)[:, 0]
                target = batch.reward + batch.penalty + 0.97 * batch.bootstrap * value
            done = find_command(batch.action[:, -1])[:, None]
            loss = loss + (policy.gripper(code).gather(1, done)[:, 0] - target).square().mean()
        self._critic_optimizer.zero_grad()
        loss.backward()
        self._critic_optimizer.step()
        if self._updates % 2 == 0:
            self._update_actor(code.detach())
        with torch.no_grad():
            pairs = ((self._slow_policy, policy), (self._slow_critic, critic))
            for slow, fast in pairs:
                for old, new in zip(slow.parameters(), fast.parameters(), strict=True):
                    old.mul_(0.995).add_(new, alpha=0.005)

    def _update_actor(self, code: torch.Tensor) -> None:
        twist, density = self._policy.actor(code, self._generator)
        weight = self._temperature.exp()
        loss = (weight.detach() * density - self._critic(code, twist).mean(0)).mean()
        self._actor_optimizer.zero_grad()
        loss.backward()
        self._actor_optimizer.step()
        self._temperature_optimizer.zero_grad()
        (weight * (-density.detach().mean() + 3.5)).backward()
        self._temperature_optimizer.step()
