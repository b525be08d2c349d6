"""One row of a swarm's evaluation: rates with their intervals, and mean figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from untether_hardware.swarm.outcome import SwarmOutcome
from untether_hardware.swarm.rate import Rate
from untether_training.swarm.evaluation.cell import Cell


@dataclass(frozen=True)
class SwarmRow:
    """How a policy fared in one cell.

    Attributes:
        cell: The condition.
        episodes: How many.
        success: Drones that arrived and touched nothing.
        collision: Drones that touched anything.
        hit_drone: Drones that touched another.
        hit_room: Drones that touched a column, a wall, the ceiling or the floor.
        stuck: Drones that touched nothing and did not arrive.
        final_distance: Mean distance to the goal over the last second [m].
        way: Mean length of the flights that succeeded [m]; None when there was none.
    """

    cell: Cell
    episodes: int
    success: Rate
    collision: Rate
    hit_drone: Rate
    hit_room: Rate
    stuck: Rate
    final_distance: float
    way: float | None

    @property
    def passed(self) -> bool:
        """Whether the row reaches its targets; true without any."""
        reached = self.cell.success is None or self.success.value >= self.cell.success
        return reached and (
            self.cell.collision is None or self.collision.value <= self.cell.collision
        )

    @classmethod
    def of(cls, cell: Cell, parts: list[SwarmOutcome]) -> SwarmRow:
        """Count the episodes of a cell.

        Args:
            cell: The condition.
            parts: Outcomes of some episodes each, of drone d of all of them, then of drone d + 1.
        """

        def join(name: str) -> np.ndarray:
            rows = [getattr(part, name).reshape(cell.drones, -1) for part in parts]
            return np.concatenate(rows, axis=1)

        succeeded = join("succeeded")
        ways = join("way")[succeeded]
        return cls(
            cell=cell,
            episodes=succeeded.shape[1],
            success=Rate.of(succeeded),
            collision=Rate.of(join("collided")),
            hit_drone=Rate.of(join("hit_drone")),
            hit_room=Rate.of(join("hit_room")),
            stuck=Rate.of(join("stuck")),
            final_distance=float(join("final_distance").mean()),
            way=float(ways.mean()) if ways.size else None,
        )

    def figures(self) -> dict[str, float | int | None]:
        """Return the row as flat figures with prefixed names."""
        values: dict[str, float | int | None] = {"episodes": self.episodes}
        for name in ("success", "collision", "hit_drone", "hit_room", "stuck"):
            rate: Rate = getattr(self, name)
            values |= {
                f"{name}_rate": rate.value,
                f"{name}_lower": rate.lower,
                f"{name}_upper": rate.upper,
            }
        values |= {"final_distance_m": self.final_distance, "way_m": self.way}
        return {f"{self.cell.name}_{key}": value for key, value in values.items()}
