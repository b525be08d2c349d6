"""What collisions and near ones cost, as functions of arrays; see `CollisionRewardConfig`."""

from __future__ import annotations

import torch
from torch import Tensor


def closeness(distance: Tensor, reach: float) -> Tensor:
    """Return 1 at no distance, falling linearly to 0 at `reach` and beyond.

    Args:
        distance: [m]; infinite where there is nothing.
        reach: [m].
    """
    return (1.0 - distance / reach).clamp_(0.0, 1.0)


def crowding(distance: Tensor, reach: float) -> Tensor:
    """Return the sum of the closeness of all others to each drone.

    Args:
        distance: (D, D, W) [m]; between the drones of a world, infinite on the diagonal.
        reach: [m].

    Returns:
        (D, W) [1].
    """
    return closeness(distance, reach).sum(1)


def onset(now: Tensor, before: Tensor) -> Tensor:
    """Return 1 where something begins, as a number."""
    return (now & ~before).to(torch.float32)
