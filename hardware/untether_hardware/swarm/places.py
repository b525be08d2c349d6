"""Places in a room with columns: where drones start, and where there is space for all of them."""

import numpy as np

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.state import Floats

HEIGHT = (1.0, 3.0)
"""Range of heights at which drones start and goals lie [m] map; Huang et al. 2024 (2309.13285)."""

_PADS = 0.25 * np.array([(-1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (1.0, -1.0)])
"""Pads of one cell that is shared, from its centre (4, 2) [m] map: 0.5 m from each other."""


def sample_free(
    columns: Columns,
    count: int,
    generator: np.random.Generator,
    *,
    height: tuple[float, float] = HEIGHT,
) -> Floats:
    """Return points at the centres of free cells, each cell once while there are enough.

    Where there are more points than cells, they are stacked in layers.

    Args:
        columns: The room.
        count: How many points.
        generator: Where the draw comes from.
        height: Range of their heights [m] map.

    Returns:
        (count, 3) [m] map.

    Raises:
        ValueError: When there is a column in every cell.
    """
    cells = columns.free_cells
    free = len(cells)
    if free == 0:
        raise ValueError(
            "sample_free: expected a cell without a column, got none. Fix: use fewer columns."
        )
    point = np.arange(count)
    across = generator.permutation(cells)[point % free]
    layer, layers = point // free, -(-count // free)
    margin = 0.3 if layers > 1 else 0.0  # [layers] between one's points and the next's
    share = (layer + margin + (1.0 - 2.0 * margin) * generator.random(count)) / layers
    low, high = height
    return np.column_stack([across, low + (high - low) * share])


def sample_pads(columns: Columns, count: int, generator: np.random.Generator) -> Floats:
    """Return places on the floor in free cells, at least 0.4 m from each other.

    Each cell has one at its centre while there are enough cells, and else up to four about it.

    Args:
        columns: The room.
        count: How many places.
        generator: Where the draw comes from.

    Returns:
        Centres of drones that stand there, (count, 3) [m] map.

    Raises:
        ValueError: When there are not enough free cells.
    """
    cells = columns.free_cells
    free = len(cells)
    if count > len(_PADS) * free:
        raise ValueError(
            f"sample_pads: expected at most {len(_PADS) * free} drones in {free} free cells, got "
            f"{count}. Fix: use fewer columns or fewer drones."
        )
    pads = generator.permutation(cells)[np.arange(count) % max(1, free)]
    if count > free:
        pads = pads + _PADS[np.arange(count) // free]
    return np.column_stack([pads, np.full(count, CRAZYFLIE.rest_height)])


def find_clearing(columns: Columns, generator: np.random.Generator) -> tuple[Floats, float]:
    """Return the largest square of cells without columns, one of them where several are.

    Args:
        columns: The room.
        generator: Where the choice comes from.

    Returns:
        Its centre (2,) [m] map, and its width [m]; the room's centre and 0 where all is full.
    """
    occupied = columns.occupied
    for side in range(columns.cells, 0, -1):
        windows = np.lib.stride_tricks.sliding_window_view(occupied, (side, side))
        corners = np.argwhere(~windows.any(axis=(2, 3)))
        if len(corners):
            return generator.choice(corners) + 0.5 * (side - columns.cells), float(side)
    return np.zeros(2), 0.0
