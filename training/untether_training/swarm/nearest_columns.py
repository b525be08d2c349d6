"""What a drone may see of the obstacles instead of distances: where the nearest columns stand."""

from __future__ import annotations

import torch
from torch import Tensor

from untether_training.swarm.distance_field import FARTHEST

COLUMNS = 2
"""How many columns a drone sees; "L nearest obstacles" of Huang et al. 2024 (2309.13285)."""

ABSENT = 10.0
"""Where a column that is not there appears to be [m], along x and y of map; its radius is 0."""


def find_nearest_columns(
    position: Tensor, centre: Tensor, radius: Tensor, count: int = COLUMNS
) -> tuple[Tensor, Tensor]:
    """Return the columns nearest to each drone, the nearest first.

    Args:
        position: (3, D, W) [m] map; of the drones.
        centre: (2, M, W) [m] map; axes of the columns, farther than `FARTHEST` for those that are
            not there.
        radius: (W,) [m]; of all columns of a world.
        count: Columns a drone sees, L.

    Returns:
        Axes relative to the drone (L, 2, D, W) [m] map, and radii (L, D, W) [m].
    """
    _, drones, worlds = position.shape
    places = position.new_full((count, 2, drones, worlds), ABSENT)
    radii = position.new_zeros((count, drones, worlds))
    across = centre[:, :, None] - position[:2, None]  # (2, M, D, W) [m]
    squares = across[0].square().addcmul_(across[1], across[1])  # (M, D, W) [m^2]
    for rank in range(min(count, centre.shape[1])):
        square, nearest = squares.min(dim=0, keepdim=True)  # (1, D, W)
        squares.scatter_(0, nearest, torch.inf)
        there = square <= FARTHEST**2
        place = across.gather(1, nearest.expand(2, -1, -1, -1))[:, 0]  # (2, D, W) [m]
        places[rank] = torch.where(there, place, ABSENT)
        radii[rank] = torch.where(there[0], radius, 0.0)
    return places, radii
