"""The critic of the gripper, whose three commands are tried one by one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from untether_training.offpolicy.actor import make_body

COMMANDS = (-1.0, 0.0, 1.0)
"""Close, stay, open."""

_TEMPERATURE = 0.01  # of estimates; what differs by less is as good


class GripperCritic(nn.Module):
    """Estimates the return of each command (a deep Q-network).

    Args:
        inputs: Size of the code.
        hidden: Units of the hidden layers.
    """

    def __init__(self, inputs: int, hidden: Sequence[int] = (256, 256)) -> None:
        super().__init__()
        self.body = make_body(inputs, hidden)
        self.head = nn.Linear(hidden[-1], len(COMMANDS))

    def forward(self, code: Tensor) -> Tensor:
        """Return the estimates, (N, 3)."""
        return self.head(self.body(code))

    def choose(self, code: Tensor) -> Tensor:
        """Return the best command of each, (N,) [1]."""
        return torch.tensor(COMMANDS, device=code.device)[self(code).argmax(1)]


def find_command(gripper: Tensor) -> Tensor:
    """Return the index in `COMMANDS` that is nearest to each command, of the same shape.

    Args:
        gripper: Commands [1].
    """
    return (gripper.round().clamp(-1, 1) + 1).long()


def disagree(preferences: Tensor, estimates: Tensor) -> Tensor:
    """Return how far a policy's preferences are from what a critic estimates, as a mean, ().

    It is the distillation of Rusu et al. 2015 (1511.06295), with their temperature.

    Args:
        preferences: For each command, (N, 3) [1].
        estimates: Of each command, (N, 3).
    """
    return nn.functional.cross_entropy(preferences, (estimates / _TEMPERATURE).softmax(1))
