"""What only a simulator knows: the critics see it, and the encoder learns to predict it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.offpolicy.encoder import ScaledState

PRIVILEGED = "privileged"
"""Name of the array of an observation that holds it; no policy sees it."""

_NEAR = 0.005  # [m] or [rad] below which differences count in full
_HIDDEN = 256
_SCALES = (0.02, 0.001)  # [m] or [rad] above which the critics see only ratios, two views


class FullState(nn.Module):
    """What critics see: what is known, and the robot's state.

    Args:
        arrays: Vectors, (K,) each; one is `PRIVILEGED`, [m] or [rad].
    """

    def __init__(self, arrays: Mapping[str, ArraySpec]) -> None:
        super().__init__()
        names = sorted(name for name in arrays if name != PRIVILEGED)
        self.state = ScaledState({name: arrays[name] for name in names})
        self.size = self.state.size + len(_SCALES) * arrays[PRIVILEGED].shape[0]

    def forward(self, observation: Mapping[str, Tensor]) -> Tensor:
        """Return it as one vector, (N, size) [1].

        Args:
            observation: (N, ...) each.
        """
        known = [0.5 * torch.asinh(observation[PRIVILEGED] / scale) for scale in _SCALES]
        return torch.cat((self.state(observation), *known), dim=1)


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
