"""Encoders of observations: what the cameras' features and the robot's own state say, in short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of the encoder (Luo et al. 2024, 2410.21845, appendix).

    Attributes:
        blocks: Learned spatial embeddings of each channel of a camera's features.
        picture_size: Numbers that remain of each camera.
        state_size: Numbers that remain of the robot's state.
    """

    blocks: int = 8
    picture_size: int = 256
    state_size: int = 64


class Encoder(nn.Module):
    """Encodes named arrays: maps of features of cameras, and vectors of the robot's state.

    The maps come from a frozen trunk, so that they can be computed once and kept. Every map gets
    a head of its own: learned spatial embeddings, a bottleneck, a normalisation. All vectors
    together get one. An observation of one kind only is encoded as well.

    Args:
        shapes: Of the arrays, by name: (C, H, W) of a map, (K,) of a vector.
        config: Sizes.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], config: EncoderConfig | None = None
    ) -> None:
        super().__init__()
        config = config or EncoderConfig()
        self._maps = sorted(name for name, shape in shapes.items() if len(shape) == 3)
        self._vectors = sorted(name for name, shape in shapes.items() if len(shape) == 1)
        if len(self._maps) + len(self._vectors) != len(shapes) or not shapes:
            raise ValueError(
                f"Encoder: expected maps (C, H, W) and vectors (K,), got {dict(shapes)}. "
                "Fix: reshape the arrays."
            )
        self.heads = nn.ModuleList(_PictureHead(shapes[name], config) for name in self._maps)
        width = sum(shapes[name][0] for name in self._vectors)
        self.state = _bottleneck(width, config.state_size) if width else None
        self.size = config.picture_size * len(self._maps) + config.state_size * bool(width)

    def forward(self, observation: Mapping[str, Tensor]) -> Tensor:
        """Return the code, (N, size) [1], each number between -1 and 1.

        Args:
            observation: (N, ...) each; maps may be of half precision.
        """
        parts = [
            head(observation[name].float())
            for head, name in zip(self.heads, self._maps, strict=True)
        ]
        if self.state is not None:
            vectors = [observation[name].float() for name in self._vectors]
            parts.append(self.state(torch.cat(vectors, dim=1)))
        return torch.cat(parts, dim=1)


class _PictureHead(nn.Module):
    """Weighs each channel's map in several learned ways, and compresses what comes out."""

    def __init__(self, shape: tuple[int, ...], config: EncoderConfig) -> None:
        super().__init__()
        channels, height, width = shape
        pixels = height * width
        self.embedding = nn.Parameter(torch.randn(channels, pixels, config.blocks) / pixels**0.5)
        self.bottleneck = _bottleneck(channels * config.blocks, config.picture_size)

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, picture_size) [1]."""
        across = features.flatten(2).transpose(0, 1)  # (C, N, H W)
        weighed = torch.bmm(across, self.embedding)  # (C, N, blocks)
        return self.bottleneck(weighed.transpose(0, 1).flatten(1))


def _bottleneck(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.LayerNorm(outputs), nn.Tanh())
