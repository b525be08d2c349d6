"""The room and the columns in it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from untether_training.tasks.randomisation import Range, sample_uniform

_AWAY = 1e4
"""Where columns are put that are not there [m]; farther than `FARTHEST` from all drones."""


@dataclass(frozen=True)
class CourseConfig:
    """The room, and how many columns of what size stand in it; Huang et al. 2024 (2309.13285).

    Attributes:
        room: Length of each side [m]; the floor is at z = 0, its centre at x = y = 0.
        cells: Cells along each side of the square in the middle, each 1 m wide.
        density: Share of the cells with a column at their centre [1]; drawn for each world.
        size: Diameter of the columns [m]; drawn for each world.
        height: Range of heights at which drones start and goals lie [m] map.
    """

    room: float = 10.0
    cells: int = 8
    density: Range = (0.2, 0.2)
    size: Range = (0.6, 0.6)
    height: Range = (1.0, 3.0)

    @property
    def most_obstacles(self) -> int:
        """Columns of the densest world, M."""
        return int(self.density[1] * self.cells**2)


class Course:
    """The columns of W worlds.

    Attributes:
        config: The room.
        centre: (2, M, W) [m] map; axes of the columns, far away for those that are not there.
        radius: (W,) [m].
        order: (cells, W); the cells of each world, those with a column first.
        occupied: (W,); cells with a column.
        difficulty: Share of the ranges of density and size from which new columns are drawn, from
            0 for their lower ends only, to 1.

    Args:
        config: The room.
        worlds: Number of worlds, W.
        generator: Where all randomness comes from; also names the device.
    """

    def __init__(self, config: CourseConfig, worlds: int, generator: torch.Generator) -> None:
        self.config = config
        self.difficulty = 1.0
        self._generator = generator
        device = generator.device
        self.centre = torch.full((2, config.most_obstacles, worlds), _AWAY, device=device)
        self.radius = torch.zeros(worlds, device=device)
        self.order = torch.zeros(config.cells**2, worlds, dtype=torch.long, device=device)
        self.occupied = torch.zeros(worlds, dtype=torch.long, device=device)

    def reset(self, worlds: Tensor) -> None:
        """Draw new columns for worlds (M,)."""
        config, count = self.config, worlds.numel()
        cells = config.cells**2
        draw = torch.rand(cells, count, generator=self._generator, device=self.radius.device)
        order = draw.argsort(dim=0)
        density = self._draw(config.density, count)
        occupied = (density * cells + 1e-6).long()
        self.order[:, worlds] = order
        self.occupied[worlds] = occupied
        self.radius[worlds] = 0.5 * self._draw(config.size, count)
        centre = self.locate(order[: config.most_obstacles])
        rank = torch.arange(config.most_obstacles, device=order.device)[:, None]
        self.centre[:, :, worlds] = torch.where(rank < occupied, centre, _AWAY)

    @property
    def rows(self) -> int:
        """Numbers that `pack` gives for a world."""
        return 2 * self.centre.shape[1] + self.order.shape[0] + 2

    def pack(self) -> Tensor:
        """Return everything that makes each world's columns, (rows, W)."""
        rows = (self.centre.flatten(0, 1), self.radius[None], self.order, self.occupied[None])
        return torch.cat([row.to(torch.float32) for row in rows])

    def unpack(self, worlds: Tensor, rows: Tensor) -> None:
        """Make the columns of worlds (M,) what `pack` returned of others, (rows, M)."""
        obstacles, cells = self.centre.shape[1], self.order.shape[0]
        centre, radius, order, occupied = rows.split((2 * obstacles, 1, cells, 1))
        self.centre[:, :, worlds] = centre.unflatten(0, (2, obstacles))
        self.radius[worlds] = radius[0]
        self.order[:, worlds] = order.long()
        self.occupied[worlds] = occupied[0].long()

    def _draw(self, bounds: Range, count: int) -> Tensor:
        """Return uniform samples of the part of a range that is in use."""
        low, high = bounds
        bounds = (low, low + self.difficulty * (high - low))
        return sample_uniform(bounds, (count,), self._generator)

    def locate(self, cell: Tensor) -> Tensor:
        """Return the centres of cells (...), (2, ...) [m] map."""
        row, column = cell // self.config.cells, cell % self.config.cells
        return torch.stack((row, column)) - 0.5 * (self.config.cells - 1)

    def sample_free(self, worlds: Tensor, count: int) -> Tensor:
        """Return points at the centres of free cells, each cell once while there are enough.

        Where there are more points than cells, they are stacked in layers.

        Args:
            worlds: (M,) worlds.
            count: Points a world.

        Returns:
            (3, count, M) [m] map.
        """
        cells, number = self.config.cells**2, worlds.numel()
        order, occupied = self.order[:, worlds], self.occupied[worlds]
        rank = torch.arange(cells, device=order.device)[:, None]
        draw = torch.rand(cells, number, generator=self._generator, device=order.device)
        # Columns sort last, the free cells before them in random order.
        shuffled = draw.masked_fill_(rank < occupied, 2.0).argsort(dim=0)
        free = (cells - occupied).clamp(min=1)
        point = torch.arange(count, device=order.device)[:, None]
        cell = order.gather(0, shuffled.gather(0, point % free))
        layer, layers = point // free, (count + free - 1) // free
        margin = torch.where(layers > 1, 0.3, 0.0)  # [layers] between one's points and the next's
        draw = torch.rand(count, number, generator=self._generator, device=order.device)
        share = (layer + margin + (1.0 - 2.0 * margin) * draw) / layers
        low, high = self.config.height
        height = low + (high - low) * share
        return torch.cat((self.locate(cell), height[None]))

    def find_clearing(self, worlds: Tensor) -> tuple[Tensor, Tensor]:
        """Return the largest square without columns of each world, one of them where several are.

        Args:
            worlds: (M,) worlds.

        Returns:
            Its centre (2, M) [m] map, and its width (M,) [m].
        """
        cells, number = self.config.cells, worlds.numel()
        rank = torch.arange(cells**2, device=worlds.device)[:, None]
        columns = (rank < self.occupied[worlds]).float()
        taken = torch.zeros_like(columns).scatter_(0, self.order[:, worlds], columns)
        taken = taken.T.reshape(number, 1, cells, cells)
        centre = torch.zeros(2, number, device=worlds.device)
        width = torch.zeros(number, device=worlds.device)
        for side in range(1, cells + 1):
            places = cells - side + 1
            clear = torch.nn.functional.max_pool2d(taken, side, stride=1).flatten(1) == 0.0
            draw = torch.rand(clear.shape, generator=self._generator, device=worlds.device)
            best = (draw + clear).argmax(1)
            corner = torch.stack((best // places, best % places))
            found = clear.any(1)
            centre = torch.where(found, corner + 0.5 * (side - cells), centre)
            width = torch.where(found, float(side), width)
        return centre, width
