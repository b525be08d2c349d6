"""What only a simulator knows, as something to predict while the critics learn."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PRIVILEGED = "privileged"
"""Name of the array of an observation that holds it; no policy sees it."""

_NEAR = 0.005  # [m] or [rad] below which differences count in full
_HIDDEN = 256


class PrivilegedHead(nn.Module):
    """Predicts from a code where things are, so that the encoder learns to see it.

    Distances and rotations are compressed: near zero, where it matters most, they count in full,
    further away by their ratios.

    Args:
        inputs: Size of the code.
        outputs: Numbers that are known, K.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(inputs, _HIDDEN),
            nn.LayerNorm(_HIDDEN),
            nn.Tanh(),
            nn.Linear(_HIDDEN, outputs),
        )

    def forward(self, code: Tensor) -> Tensor:
        """Return the prediction, (N, K) [m or rad].

        Args:
            code: (N, C) [1].
        """
        return _NEAR * self.body(code).sinh()

    def miss(self, code: Tensor, known: Tensor) -> Tensor:
        """Return the mean squared error of the compressed prediction.

        Args:
            code: (N, C) [1].
            known: (N, K) [m or rad].
        """
        return (self.body(code) - torch.asinh(known / _NEAR)).square().mean()
