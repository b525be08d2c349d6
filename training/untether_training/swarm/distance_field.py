"""What a drone sees of the obstacles: distances at a small grid of points around it."""

from __future__ import annotations

import torch
from torch import Tensor

SPACING = 0.1
"""Distance between neighbouring points of the grid [m]; Huang et al. 2024 (2309.13285)."""

POINTS = 9
"""Points of the grid, three along x times three along y, y running fastest."""

FARTHEST = 100.0
"""Distance that stands for "no obstacle" [m]."""


def measure_distances(position: Tensor, centre: Tensor, radius: Tensor) -> Tensor:
    """Return the distances from the points of each drone's grid to the nearest obstacle's surface.

    Args:
        position: (3, D, W) [m] map; of the drones, the grid's centre.
        centre: (2, M, W) [m] map; axes of the obstacles, upright cylinders of the room's height.
        radius: (W,) [m]; of all obstacles of a world.

    Returns:
        (9, D, W) [m]; negative inside of an obstacle, at most `FARTHEST`.
    """
    _, drones, worlds = position.shape
    field = position.new_full((POINTS, drones, worlds), FARTHEST)
    if centre.shape[1] == 0:
        return field
    across = centre[:, :, None] - position[:2, None]  # (2, M, D, W) [m]
    squares = [(across - shift * SPACING).square_() for shift in (-1.0, 0.0, 1.0)]
    for i, along_x in enumerate(squares):
        for j, along_y in enumerate(squares):
            torch.amin(along_x[0] + along_y[1], dim=0, out=field[3 * i + j])
    return field.sqrt_().sub_(radius).clamp_(max=FARTHEST)


def nearest_obstacle(position: Tensor, centre: Tensor) -> Tensor:
    """Return the horizontal distance of each drone to the nearest obstacle's axis.

    Args:
        position: (3, D, W) [m] map.
        centre: (2, M, W) [m] map.

    Returns:
        (D, W) [m], infinite where there is no obstacle.
    """
    if centre.shape[1] == 0:
        return torch.full_like(position[0], torch.inf)
    across = centre[:, :, None] - position[:2, None]  # (2, M, D, W) [m]
    return across.square_().sum(0).amin(0).sqrt_()
