"""Imitation: the policy does what people did, without reward (behaviour cloning, HG-DAgger).

Whether it clones demonstrations only or corrections too (Kelly et al. 2019, "HG-DAgger",
arXiv 1810.02890) depends on what its batches are drawn from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.offpolicy.batch import Batch
from untether_training.offpolicy.encoder import EncoderConfig
from untether_training.offpolicy.gripper import find_command
from untether_training.offpolicy.policy import HybridPolicy


@dataclass(frozen=True)
class ImitationConfig:
    """How the learner imitates.

    Attributes:
        learning_rate: Of all networks.
        hidden: Units of the hidden layers.
        encoder: Sizes of the encoder.
    """

    learning_rate: float = 3e-4
    hidden: tuple[int, ...] = (256, 256)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)


class ImitationLearner:
    """Learns twists by their squared error, and the gripper's commands as classes.

    Args:
        observation: Its arrays: maps of features (C, H, W), and vectors (K,).
        twist_size: Size of an action without the gripper's command.
        gripper: Whether an action has one.
        config: How to learn.
        seed: Of the networks.

    Attributes:
        policy: What is learned.
        updates: So far.
    """

    def __init__(
        self,
        observation: Mapping[str, ArraySpec],
        twist_size: int,
        *,
        gripper: bool,
        config: ImitationConfig | None = None,
        seed: int = 0,
    ) -> None:
        config = config or ImitationConfig()
        self._twist_size = twist_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.policy = HybridPolicy(
                observation,
                twist_size,
                gripper=gripper,
                hidden=config.hidden,
                encoder=config.encoder,
            )
        self._optimizer = torch.optim.Adam(
            self.policy.parameters(), config.learning_rate, foreach=True
        )
        self.updates = 0

    def update(self, batch: Batch) -> dict[str, float]:
        """Learn from a batch of what people did.

        Args:
            batch: Transitions, of which only observations and actions count.

        Returns:
            Losses `twist` and, with a gripper, `gripper`.
        """
        code = self.policy.encoder(batch.observation)
        wanted = batch.action[:, : self._twist_size]
        loss = (self.policy.actor.mean(code) - wanted).square().mean()
        figures: dict[str, Tensor] = {"twist": loss.detach()}
        if self.policy.gripper is not None:
            command = find_command(batch.action[:, -1])
            missed = nn.functional.cross_entropy(self.policy.gripper(code), command)
            figures["gripper"] = missed.detach()
            loss = loss + missed
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self.updates += 1
        return {name: value.item() for name, value in figures.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on, for `write_checkpoint`."""
        return {
            "policy": self.policy.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "updates": self.updates,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a learner of the same sizes stopped.

        Args:
            state: As `state_dict` returned it.
        """
        self.policy.load_state_dict(state["policy"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.updates = state["updates"]
