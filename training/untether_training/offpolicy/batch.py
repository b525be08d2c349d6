"""A batch of transitions, as the off-policy learner takes them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Transitions.

    Attributes:
        observation: Named arrays, (N, ...) each.
        action: (N, A) [1]; the twist within -1 to 1, and the gripper's command where there is one.
        reward: (N,); of several steps, if they are drawn as one, discounted.
        penalty: (N,); added to the reward of the gripper's critic only.
        bootstrap: (N,); 0 where the episode terminated, so that nothing follows; elsewhere, also
            where it was cut off by a time limit, the discount of all steps but the last: 1 of one.
        next_observation: After the last step, as `observation`.
    """

    observation: Mapping[str, Tensor]
    action: Tensor
    reward: Tensor
    penalty: Tensor
    bootstrap: Tensor
    next_observation: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(self.reward)

    @staticmethod
    def join(parts: Sequence[Batch]) -> Batch:
        """Return the transitions of several batches, one after the other."""
        if len(parts) == 1:
            return parts[0]

        def join(name: str) -> Tensor:
            return torch.cat([getattr(part, name) for part in parts])

        def join_arrays(name: str) -> dict[str, Tensor]:
            arrays = [getattr(part, name) for part in parts]
            return {key: torch.cat([array[key] for array in arrays]) for key in arrays[0]}

        return Batch(
            join_arrays("observation"),
            join("action"),
            join("reward"),
            join("penalty"),
            join("bootstrap"),
            join_arrays("next_observation"),
        )
