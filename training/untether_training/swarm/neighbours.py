"""Which other drones a drone sees."""

from __future__ import annotations

import torch
from torch import Tensor

ABSENT = 10.0
"""Where a neighbour that is not there appears to be [m], along each axis of map."""

_CLOSE = 1e-6  # [m] below which two drones have no direction between them


def relative(quantity: Tensor) -> Tensor:
    """Return what each drone sees of each other's quantity: theirs minus its own.

    Args:
        quantity: (k, D, W).

    Returns:
        (k, D, D, W); the second dimension is who looks, the third who is looked at.
    """
    return quantity[:, None] - quantity[:, :, None]


def select_neighbours(position: Tensor, velocity: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the drones that matter most to each drone, the most urgent first.

    They are ranked by the distance plus the rate at which it grows over one second, so that one
    who comes fast goes before one who is nearer but leaves (Huang et al. 2024).

    Args:
        position: (3, D, W) [m] map.
        velocity: (3, D, W) [m/s] map.
        count: Neighbours a drone sees, K.

    Returns:
        Relative positions [m] and velocities [m/s], (K, 3, D, W) each, map; who is not there, is
        `ABSENT` and at rest.
    """
    _, drones, worlds = position.shape
    present = min(count, drones - 1)
    positions = position.new_full((count, 3, drones, worlds), ABSENT)
    velocities = position.new_zeros((count, 3, drones, worlds))
    apart, moving = relative(position), relative(velocity)
    distance = apart.square().sum(0).sqrt_()  # (D, D, W) [m]
    urgency = (apart * moving).sum(0).div_(distance.clamp(min=_CLOSE)).add_(distance)
    urgency.diagonal(dim1=0, dim2=1).fill_(torch.inf)
    for rank in range(present):
        chosen = urgency == urgency.amin(1, keepdim=True)
        share = chosen.to(position.dtype)
        share.div_(share.sum(1, keepdim=True))  # of equals, their mean
        torch.sum(apart * share, 2, out=positions[rank])
        torch.sum(moving * share, 2, out=velocities[rank])
        urgency.masked_fill_(chosen, torch.inf)
    return positions, velocities
