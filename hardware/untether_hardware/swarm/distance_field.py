"""What a drone sees of the columns: distances at a small grid of points around it."""

import numpy as np

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.state import Floats

SPACING = 0.1
"""Distance between neighbouring points of the grid [m]; Huang et al. 2024 (2309.13285)."""

POINTS = ("xm_ym", "xm_y0", "xm_yp", "x0_ym", "x0_y0", "x0_yp", "xp_ym", "xp_y0", "xp_yp")
"""Names of the grid's points: x minus, zero or plus the spacing, then y, which runs fastest."""

FARTHEST = 100.0
"""Distance that stands for "no column" [m]."""

_SHIFTS = np.array([-SPACING, 0.0, SPACING])[:, None, None]  # (3, 1, 1) [m]


def measure_distances(position: Floats, columns: Columns) -> Floats:
    """Return the distances from the points of each drone's grid to the nearest column's surface.

    Args:
        position: Of the drones, the grid's centre, (drones, 3) [m] map.
        columns: The room.

    Returns:
        (drones, 9) [m], in the order of `POINTS`; negative inside of a column, at most `FARTHEST`.
    """
    drones = len(position)
    if len(columns.radius) == 0:
        return np.full((drones, len(POINTS)), FARTHEST)
    x, y = position[:, 0:1] - columns.centre[:, 0], position[:, 1:2] - columns.centre[:, 1]
    across_x = np.square(x + _SHIFTS)  # (3, drones, columns) [m^2]
    across_y = np.square(y + _SHIFTS)
    field = across_x[:, None] + across_y  # (3, 3, drones, columns)
    np.sqrt(field, out=field)
    field -= columns.radius
    nearest = field.min(axis=3).reshape(len(POINTS), drones)
    return np.minimum(nearest, FARTHEST).T
