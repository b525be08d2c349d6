"""Legs: a goal, a time to reach it, and whether it was reached."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class LegTally:
    """How the legs that ended since the last look went.

    Attributes:
        legs: Legs that ended.
        succeeded: Legs with success.
        crashed: Legs that ended in a crash.
    """

    legs: int = 0
    succeeded: int = 0
    crashed: int = 0

    def add(self, succeeded: Tensor, crashed: Tensor) -> None:
        """Count legs that ended, given as (M,) bool."""
        self.legs += succeeded.numel()
        self.succeeded += int((succeeded & ~crashed).sum())
        self.crashed += int(crashed.sum())


class LegClock:
    """Keeps the time of each drone's leg, and for how long the drone has been at its goal.

    Args:
        count: Number of drones, N.
        hold_steps: Steps without a break near the goal that make a success.
        device: Where the drones are.
    """

    def __init__(self, count: int, hold_steps: int, device: torch.device | str = "cpu") -> None:
        self.hold_steps = hold_steps
        self.elapsed = torch.zeros(count, dtype=torch.long, device=device)
        """(N,) [control steps]; time of this leg."""
        self.length = torch.zeros_like(self.elapsed)
        """(N,) [control steps]; time given for this leg."""
        self.held = torch.zeros_like(self.elapsed)
        """(N,) [control steps]; time near the goal without a break."""
        self.succeeded = torch.zeros(count, dtype=torch.bool, device=device)
        """(N,) whether the goal of this leg was reached."""

    def begin(self, indices: Tensor, length: Tensor) -> None:
        """Begin legs of drones (M,), for which `length` (M,) [control steps] are given."""
        self.length[indices] = length
        self.elapsed[indices] = 0
        self.held[indices] = 0
        self.succeeded[indices] = False

    def advance(self, near: Tensor) -> Tensor:
        """Count one control step.

        Args:
            near: (N,) bool; who is near the goal.

        Returns:
            (N,) bool; whose time is up.
        """
        self.elapsed.add_(1)
        self.held.add_(1).mul_(near)
        self.succeeded |= self.held >= self.hold_steps
        return self.elapsed >= self.length

    def state_dict(self) -> dict[str, Tensor]:
        """Return all that changes."""
        return {
            "elapsed": self.elapsed,
            "length": self.length,
            "held": self.held,
            "succeeded": self.succeeded,
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what `state_dict` returned."""
        for name, value in self.state_dict().items():
            value.copy_(state[name])
