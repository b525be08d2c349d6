"""The weight of the entropy, learned so that the entropy stays where it is wanted."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Temperature(nn.Module):
    """A multiplier that rises while the entropy is below its target, and falls while above.

    Args:
        target: Wanted entropy [nat].
        initial: At first.
    """

    def __init__(self, target: float, initial: float = 1e-2) -> None:
        super().__init__()
        self.target = target
        self.logarithm = nn.Parameter(torch.tensor(math.log(initial)))

    @property
    def value(self) -> Tensor:
        """The weight; no gradient flows through it."""
        return self.logarithm.detach().exp()

    def loss(self, entropy: Tensor) -> Tensor:
        """Return what is minimised.

        Args:
            entropy: Of the actor now [nat]; no gradient flows through it.
        """
        return self.logarithm.exp() * (entropy.detach() - self.target)
