"""A room with upright columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from untether_hardware.swarm.state import Flags, Floats


@dataclass(frozen=True, eq=False)
class Columns:
    """Upright cylinders in a room, from the floor to the ceiling; Huang et al. 2024 (2309.13285).

    The floor is at z = 0, its centre at x = y = 0. In the middle lies a square of cells, each 1 m
    wide, in which drones start and goals lie.

    Attributes:
        centre: Axes of the columns, (columns, 2) [m] map.
        radius: (columns,) [m].
        room: Length of each side of the room [m].
        cells: Cells along each side of the square.
    """

    centre: Floats
    radius: Floats
    room: float = 10.0
    cells: int = 8

    def __post_init__(self) -> None:
        centre = np.array(self.centre, dtype=float).reshape(-1, 2)
        radius = np.array(self.radius, dtype=float).reshape(-1)
        half = 0.5 * self.room
        if len(centre) != len(radius) or not np.all(np.abs(centre) <= half):
            raise ValueError(
                f"Columns.centre: expected {len(radius)} pairs within {half} m of the centre, one "
                f"for each radius, got {centre.tolist()}. Fix: give x and y of each column."
            )
        if not np.all((radius > 0) & (radius < half)):
            raise ValueError(
                f"Columns.radius: expected radii between 0 and {half} m, got {radius.tolist()}. "
                "Fix: give half of each column's diameter."
            )
        if not 0 < self.cells <= self.room:
            raise ValueError(
                f"Columns.cells: expected 1 to {int(self.room)} cells of 1 m, got {self.cells}. "
                "Fix: choose a square that fits into the room."
            )
        centre.setflags(write=False)
        radius.setflags(write=False)
        object.__setattr__(self, "centre", centre)
        object.__setattr__(self, "radius", radius)

    @classmethod
    def sample(
        cls,
        density: float,
        size: float,
        generator: np.random.Generator,
        *,
        room: float = 10.0,
        cells: int = 8,
    ) -> "Columns":
        """Return columns of one size at the centres of cells that are drawn without replacement.

        Args:
            density: Share of the cells with a column [1].
            size: Diameter of the columns [m].
            generator: Where the draw comes from.
            room: Length of each side of the room [m].
            cells: Cells along each side of the square in the middle.

        Raises:
            ValueError: When the density is no share.
        """
        if not 0.0 <= density <= 1.0:
            raise ValueError(
                f"Columns.sample(density): expected a share from 0 to 1, got {density!r}. "
                "Fix: 0.2 is a column in every fifth cell."
            )
        count = int(density * cells**2 + 1e-6)
        chosen = generator.permutation(cells**2)[:count]
        return cls(_locate(chosen, cells), np.full(count, 0.5 * size), room, cells)

    @property
    def occupied(self) -> Flags:
        """Whether a column's axis stands in each cell, (cells, cells); along x, then y."""
        index = np.floor(self.centre + 0.5 * self.cells).astype(int)
        inside = np.all((index >= 0) & (index < self.cells), axis=1)
        occupied = np.zeros((self.cells, self.cells), dtype=bool)
        occupied[tuple(index[inside].T)] = True
        return occupied

    @property
    def free_cells(self) -> Floats:
        """Centres of the cells without a column, (free, 2) [m] map."""
        return _locate(np.flatnonzero(~self.occupied), self.cells)


def _locate(cell: ArrayLike, cells: int) -> Floats:
    """Return the centres of cells (...), (..., 2) [m] map; the last index runs along y."""
    index = np.stack(np.divmod(cell, cells), axis=-1)
    return index - 0.5 * (cells - 1)
