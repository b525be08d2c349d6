"""What acts: an encoder, a Gaussian for the twist, and a critic for the gripper's command."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.offpolicy.actor import SquashedGaussian
from untether_training.offpolicy.encoder import Encoder, EncoderConfig
from untether_training.offpolicy.gripper import GripperCritic


class HybridPolicy(nn.Module):
    """Decides on a twist, and on the gripper where the task has one.

    Args:
        observation: Its arrays: maps of features (C, H, W), and vectors (K,).
        twist_size: Size of an action without the gripper's command.
        gripper: Whether an action has one.
        hidden: Units of the hidden layers.
        encoder: Sizes of the encoder.
    """

    def __init__(
        self,
        observation: Mapping[str, ArraySpec],
        twist_size: int,
        *,
        gripper: bool,
        hidden: tuple[int, ...] = (256, 256),
        encoder: EncoderConfig | None = None,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(observation, encoder)
        self.actor = SquashedGaussian(self.encoder.size, twist_size, hidden)
        self.gripper = GripperCritic(self.encoder.size, hidden) if gripper else None

    def forward(
        self, observation: Mapping[str, Tensor], generator: torch.Generator | None = None
    ) -> Tensor:
        """Return an action for each observation, (N, A) [1].

        Args:
            observation: (N, ...) each.
            generator: Of exploration; None for the middle of the actions.
        """
        code = self.encoder(observation)
        if generator is None:
            twist = self.actor.mean(code)
        else:
            twist, _ = self.actor(code, generator)
        if self.gripper is None:
            return twist
        return torch.cat((twist, self.gripper.choose(code)[:, None]), dim=1)
