"""An ensemble of critics, computed at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class CriticEnsemble(nn.Module):
    """Estimates the return of an action, by several networks that differ in how they began.

    Args:
        inputs: Size of code and action together.
        members: E.
        hidden: Units of the hidden layers.
    """

    def __init__(self, inputs: int, members: int = 2, hidden: Sequence[int] = (256, 256)) -> None:
        super().__init__()
        self.members = members
        layers: list[nn.Module] = []
        before = inputs
        for after in hidden:
            layers += [_Linear(members, before, after), _Norm(members, after), nn.Tanh()]
            before = after
        self.body = nn.Sequential(*layers, _Linear(members, before, 1))

    def forward(self, code: Tensor, action: Tensor) -> Tensor:
        """Return each member's estimate, (E, N).

        Args:
            code: (N, C) [1].
            action: (N, A) [1].
        """
        seen = torch.cat((code, action), dim=1)
        return self.body(seen.expand(self.members, -1, -1))[..., 0]


def draw_least(estimates: Tensor, subset: int, generator: torch.Generator) -> Tensor:
    """Return the least estimate of some members that are drawn anew each time, (N,).

    Randomised ensembled double Q-learning (Chen et al. 2021, 2101.05982).

    Args:
        estimates: (E, N).
        subset: How many members; all when they are no more than that.
        generator: Of the draw.
    """
    members = len(estimates)
    if subset < members:
        estimates = estimates[torch.randperm(members, generator=generator)[:subset]]
    return estimates.amin(0)


class _Linear(nn.Module):
    """A linear layer of each member."""

    def __init__(self, members: int, inputs: int, outputs: int) -> None:
        super().__init__()
        layers = [nn.Linear(inputs, outputs) for _ in range(members)]
        self.weight = nn.Parameter(torch.stack([layer.weight.detach().T for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers])[:, None])

    def forward(self, value: Tensor) -> Tensor:
        """Return (E, N, outputs) of (E, N, inputs)."""
        return torch.baddbmm(self.bias, value, self.weight)


class _Norm(nn.Module):
    """A layer normalisation of each member."""

    def __init__(self, members: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.scale = nn.Parameter(torch.ones(members, 1, width))
        self.shift = nn.Parameter(torch.zeros(members, 1, width))

    def forward(self, value: Tensor) -> Tensor:
        """Return (E, N, width) of the same."""
        return torch.addcmul(self.shift, self.norm(value), self.scale)
