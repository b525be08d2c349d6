"""Encoders of observations: what the cameras' features and the robot's own state say, in short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untether_hardware.actor_learner.array_spec import ArraySpec

_LARGEST = 5.0  # scaled numbers of the state that are further from zero are clipped


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


class ScaledState(nn.Module):
    """Vectors of the robot's state as one, scaled and clipped; it has nothing to train.

    Args:
        arrays: Vectors by name, (K,) each, in the order in which they are put together.
    """

    def __init__(self, arrays: Mapping[str, ArraySpec]) -> None:
        super().__init__()
        self._names = tuple(arrays)
        scale = [array.scale for array in arrays.values() for _ in range(array.shape[0])]
        self.scale = nn.Buffer(torch.tensor(scale), persistent=False)
        self.size = len(scale)

    def forward(self, observation: Mapping[str, Tensor]) -> Tensor:
        """Return it, (N, size) [1].

        Args:
            observation: (N, K) each; others are left out.
        """
        vectors = [observation[name].float() for name in self._names]
        return (torch.cat(vectors, dim=1) * self.scale).clamp(-_LARGEST, _LARGEST)


class Encoder(nn.Module):
    """Encodes named arrays: maps of features of cameras, and vectors of the robot's state.

    The maps come from a frozen trunk, so that they can be computed once and kept. Every map gets
    a head of its own: learned spatial embeddings, a bottleneck, a normalisation. All vectors
    together get one. An observation of one kind only is encoded as well.

    Args:
        arrays: By name: (C, H, W) of a map, (K,) of a vector, which is multiplied by its scale.
        config: Sizes.
    """

    def __init__(
        self, arrays: Mapping[str, ArraySpec], config: EncoderConfig | None = None
    ) -> None:
        super().__init__()
        config = config or EncoderConfig()
        self._maps = sorted(name for name, array in arrays.items() if len(array.shape) == 3)
        vectors = sorted(name for name, array in arrays.items() if len(array.shape) == 1)
        if len(self._maps) + len(vectors) != len(arrays) or not arrays:
            shapes = {name: array.shape for name, array in arrays.items()}
            raise ValueError(
                f"Encoder: expected maps (C, H, W) and vectors (K,), got {shapes}. "
                "Fix: reshape the arrays."
            )
        self.heads = nn.ModuleList(_PictureHead(arrays[name].shape, config) for name in self._maps)
        self.scaled = ScaledState({name: arrays[name] for name in vectors})
        self.state = _bottleneck(self.scaled.size, config.state_size) if vectors else None
        self.size = config.picture_size * len(self._maps) + config.state_size * bool(vectors)

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
            parts.append(self.state(self.scaled(observation)))
        return torch.cat(parts, dim=1)


class _PictureHead(nn.Module):
    """Weighs each channel's map in several learned ways, and compresses what comes out."""

    def __init__(self, shape: tuple[int, ...], config: EncoderConfig) -> None:
        super().__init__()
        channels, height, width = shape
        pixels = height * width
        self.embedding = nn.Parameter(torch.randn(channels, config.blocks, pixels) / pixels**0.5)
        self.bottleneck = _bottleneck(channels * config.blocks, config.picture_size)

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, picture_size) [1]."""
        across = features.flatten(2).permute(1, 2, 0)  # (C, H W, N)
        weighed = torch.bmm(self.embedding, across)  # (C, blocks, N); several times faster this way
        return self.bottleneck(weighed.permute(2, 0, 1).flatten(1))


def _bottleneck(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.LayerNorm(outputs), nn.Tanh())
