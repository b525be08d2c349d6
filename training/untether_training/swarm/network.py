"""The swarm policy's network: encoders, attention over neighbours and obstacles, a head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from rsl_rl.modules import MLP
from rsl_rl.utils import resolve_nn_activation
from torch import Tensor, nn

_NORM_EPSILON = 1e-6


@dataclass(frozen=True)
class SwarmNetworkConfig:
    """Sizes of the network; Huang et al. 2024 (2309.13285).

    Attributes:
        width: Units of each encoder's layers, and of the attention.
        layers: Layers of each encoder.
        heads: Heads of the attention; each has `width` units, as in the paper.
        head: Units of the last hidden layer.
        attention: Whether there is attention; without it the embeddings go to the head as they are.
    """

    width: int = 32
    layers: int = 2
    heads: int = 2
    head: int = 64
    attention: bool = True

    def build(self, sizes: Sequence[int], actions: int, activation: str) -> SwarmNetwork:
        """Return an untrained network.

        Args:
            sizes: Features of the drone itself, of its neighbours and of the obstacles.
            actions: Outputs.
            activation: Name of the activation, as rsl_rl knows it.
        """
        return SwarmNetwork(self, sizes, actions, activation)


class SwarmNetwork(nn.Module):
    """Maps features to actions.

    Args:
        config: Sizes.
        sizes: Features of the drone itself, of its neighbours and of the obstacles.
        actions: Outputs.
        activation: Name of the activation, as rsl_rl knows it.
    """

    def __init__(
        self, config: SwarmNetworkConfig, sizes: Sequence[int], actions: int, activation: str
    ) -> None:
        super().__init__()
        self.sizes = tuple(sizes)
        width = config.width
        self.encoders = nn.ModuleList(
            _build_encoder(size, width, config.layers, activation) for size in sizes
        )
        self.attention = TokenAttention(width, config.heads) if config.attention else None
        self.head = MLP(width * len(sizes), actions, [config.head], activation)

    def forward(self, features: Tensor) -> Tensor:
        """Return actions (N, actions) for features (N, sum of the sizes)."""
        parts = features.split(self.sizes, dim=1)
        own, *others = [encode(part) for encode, part in zip(self.encoders, parts, strict=True)]
        if self.attention is not None:
            others = [self.attention(torch.stack(others, dim=1)).flatten(1)]
        return self.head(torch.cat((own, *others), dim=1))


class TokenAttention(nn.Module):
    """Multi-head self-attention over a few tokens, with a residual and layer normalisation.

    Args:
        width: Units of a token, and of each head.
        heads: Number of heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.scale = width**-0.5
        self.projection = nn.Linear(width, 3 * heads * width, bias=False)
        self.output = nn.Linear(heads * width, width, bias=False)
        self.norm = nn.LayerNorm(width, eps=_NORM_EPSILON)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens (N, T, width) that have looked at each other."""
        projected = self.projection(tokens).unflatten(2, (3, self.heads, -1))
        query, key, value = projected.permute(2, 0, 3, 1, 4)  # (N, heads, T, width) each
        weights = torch.softmax(query @ key.transpose(2, 3) * self.scale, dim=3)
        mixed = (weights @ value).transpose(1, 2).flatten(2)  # (N, T, heads * width)
        return self.norm(tokens + self.output(mixed))


def _build_encoder(size: int, width: int, layers: int, activation: str) -> nn.Sequential:
    """Return layers of equal width, each with an activation."""
    parts: list[nn.Module] = []
    for layer in range(layers):
        parts += [nn.Linear(width if layer else size, width), resolve_nn_activation(activation)]
    return nn.Sequential(*parts)
