"""The actor: a Gaussian that is squashed into the range of actions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_LEAST_STD, _LARGEST_STD = 1e-5, 5.0
_LOG_TWO = 0.6931471805599453
_LOG_ROOT_TAU = 0.9189385332046727  # of a Gaussian's normalisation


class SquashedGaussian(nn.Module):
    """Draws actions within -1 to 1 (Haarnoja et al. 2018, 1812.05905).

    Args:
        inputs: Size of the code.
        actions: A.
        hidden: Units of the hidden layers.
    """

    def __init__(self, inputs: int, actions: int, hidden: Sequence[int] = (256, 256)) -> None:
        super().__init__()
        self.body = make_body(inputs, hidden)
        self.head = nn.Linear(hidden[-1], 2 * actions)

    def describe(self, code: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation before squashing, (N, A) each."""
        middle, log_std = self.head(self.body(code)).chunk(2, dim=1)
        return middle, log_std.exp().clamp(_LEAST_STD, _LARGEST_STD)

    def mean(self, code: Tensor) -> Tensor:
        """Return the middle of the actions, (N, A) [1], which is flown when nobody learns."""
        return self.describe(code)[0].tanh()

    def forward(self, code: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw an action for each code.

        Args:
            code: (N, inputs) [1].
            generator: Of the draws.

        Returns:
            Actions (N, A) [1], and the logarithms of their probability densities (N,).
        """
        middle, std = self.describe(code)
        noise = torch.randn(middle.shape, generator=generator, device=middle.device)
        raw = middle + std * noise
        # Of tanh: log(1 - tanh(x)^2), written so that it stays finite.
        squash = 2.0 * (_LOG_TWO - raw - nn.functional.softplus(-2.0 * raw))
        density = -0.5 * noise.square() - std.log() - _LOG_ROOT_TAU - squash
        return raw.tanh(), density.sum(1)


def make_body(inputs: int, hidden: Sequence[int]) -> nn.Sequential:
    """Return hidden layers with normalisation and tanh, as in RLPD.

    Args:
        inputs: Size of what they see.
        hidden: Units of each.
    """
    sizes = (inputs, *hidden)
    layers: list[nn.Module] = []
    for before, after in zip(sizes, hidden, strict=False):
        layers += [nn.Linear(before, after), nn.LayerNorm(after), nn.Tanh()]
    return nn.Sequential(*layers)
