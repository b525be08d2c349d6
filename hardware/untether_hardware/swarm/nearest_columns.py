"""What a drone may see of the columns instead of distances: where the nearest ones stand."""

import numpy as np

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.distance_field import FARTHEST
from untether_hardware.swarm.state import Floats

ABSENT = 10.0
"""Where a column that is not there appears to be [m], along x and y of map; its radius is 0."""


def find_nearest_columns(position: Floats, columns: Columns, count: int) -> tuple[Floats, Floats]:
    """Return the columns whose surfaces are nearest to each drone, the nearest first.

    Args:
        position: Of the drones, (drones, 3) [m] map.
        columns: The room.
        count: Columns that a drone sees.

    Returns:
        Axes relative to the drone (drones, count, 2) [m] map, and radii (drones, count) [m]; as
        absent counts, too, what is farther than `FARTHEST`.
    """
    drones = len(position)
    places, radii = np.full((drones, count, 2), ABSENT), np.zeros((drones, count))
    present = min(count, len(columns.radius))
    across = columns.centre - position[:, None, :2]  # (drones, columns, 2) [m]
    axis = np.sqrt(np.einsum("ijk,ijk->ij", across, across))  # (drones, columns) [m]
    order = np.argsort(axis - columns.radius, axis=1, kind="stable")[:, :present]
    there = np.take_along_axis(axis, order, axis=1) <= FARTHEST
    chosen = np.take_along_axis(across, order[:, :, None], axis=1)
    places[:, :present] = np.where(there[:, :, None], chosen, ABSENT)
    radii[:, :present] = np.where(there, columns.radius[order], 0.0)
    return places, radii
