"""What environments and policies expect of each other's parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor


class Features(Protocol):
    """What computes a network's features from the robot's tensors; a torch module."""

    @property
    def size(self) -> int:
        """Number of features."""
        ...

    @property
    def initial_carry(self) -> dict[str, tuple[float, ...]]:
        """What is carried from tick to tick, and its value before the first."""
        ...

    def __call__(
        self, inputs: Mapping[str, Tensor], carry: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the features (N, size) [1], and the next carry but for `previous_command`."""
        ...
