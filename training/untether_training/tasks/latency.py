"""Delayed commands: what the motors are told a fraction of a control period after it was sent."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class CommandDelay:
    """Hands each physics step the mean of the commands that reach the motors during it.

    A delay of any fraction of a control period is exact in the mean: where a command changes
    within a physics step, old and new are weighted by their share of it.

    Args:
        count: Number of drones, N.
        substeps: Physics steps in a control period.
        longest: Longest delay [control periods].
        device: Where the commands live.
    """

    def __init__(
        self, count: int, substeps: int, longest: float, device: torch.device | str = "cpu"
    ) -> None:
        slots = math.ceil(longest) + 1
        self.weights = torch.zeros(substeps, slots, count, device=device)
        """(substeps, slots, N) [1]; share of the last commands, newest first, in each step."""
        self.weights[:, 0] = 1.0
        self._history = [torch.zeros(4, count, device=device) for _ in range(slots)]

    @property
    def commands(self) -> Tensor:
        """The last commands, newest first, (slots, 4, N), a copy."""
        return torch.stack(self._history)

    @commands.setter
    def commands(self, commands: Tensor) -> None:
        self._history = [slot.clone() for slot in commands]

    def reset(self, indices: Tensor, delay: Tensor, command: Tensor) -> None:
        """Start some drones again.

        Args:
            indices: (M,) drones.
            delay: (M,) [control periods].
            command: (4, M) command that was in effect before.
        """
        substeps, slots, _ = self.weights.shape
        start = torch.arange(substeps, device=delay.device)[:, None, None] / substeps
        age = torch.arange(slots, device=delay.device)[None, :, None]
        arrival = delay - age  # (1, slots, M) [control periods] when each command takes effect
        end = torch.minimum(start + 1.0 / substeps, arrival + 1.0)
        overlap = (end - torch.maximum(start, arrival)).clamp(min=0.0)
        self.weights[:, :, indices] = overlap * substeps
        for slot in self._history:
            slot[:, indices] = command

    def pack(self) -> Tensor:
        """Return all drones' delays and commands on their way, (rows, N)."""
        return torch.cat((self.weights.flatten(0, 1), *self._history))

    def unpack(self, indices: Tensor, rows: Tensor) -> None:
        """Give drones (M,) what `pack` returned of others, (rows, M)."""
        substeps, slots, _ = self.weights.shape
        weights, *history = rows.split((substeps * slots, *[4] * slots))
        self.weights[:, :, indices] = weights.unflatten(0, (substeps, slots))
        self._history = [
            slot.index_copy(1, indices, sent)
            for slot, sent in zip(self._history, history, strict=True)
        ]

    def push(self, command: Tensor) -> list[Tensor]:
        """Send a command, and return what the motors are told in each physics step.

        Args:
            command: (4, N), any unit; kept by reference, so do not write to it afterwards.

        Returns:
            One (4, N) tensor a physics step, in the command's unit.
        """
        self._history = [command, *self._history[:-1]]
        told = []
        for weights in self.weights:
            mixed = self._history[0] * weights[0]
            for weight, sent in zip(weights[1:], self._history[1:], strict=True):
                mixed.addcmul_(sent, weight)
            told.append(mixed)
        return told
