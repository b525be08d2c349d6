"""The conditions under which a swarm policy is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from untether_training.swarm.goals import (
    JumpingGoal,
    Pursuit,
    RandomGoals,
    Scenario,
    SharedGoal,
    SwappedGoals,
)


@dataclass(frozen=True)
class Cell:
    """One condition.

    Attributes:
        name: Of its figures.
        scenarios: Where the drones are sent; episodes are split evenly between several.
        drones: In each episode.
        density: Share of the cells with a column [1].
        size: Diameter of the columns [m].
        success: Success rate to reach, or None when it is only reported.
        collision: Collision rate not to exceed, likewise.
        randomised: Whether drones differ as in training; else all are the described one.
    """

    name: str
    scenarios: tuple[type[Scenario], ...] = (RandomGoals, SharedGoal)
    drones: int = 8
    density: float = 0.2
    size: float = 0.6
    success: float | None = None
    collision: float | None = None
    randomised: bool = False


BASE: Sequence[Cell] = (
    Cell("base", success=0.98, collision=0.02),
    Cell("base_random", (RandomGoals,)),
    Cell("base_shared", (SharedGoal,)),
    Cell("base_randomised", randomised=True),
    Cell("swap", (SwappedGoals,), success=0.90),
    Cell("pursuit", (Pursuit,), success=0.88),
    Cell("jump", (JumpingGoal,)),
)
"""The training scenarios and those that training never saw."""

GRID: Sequence[Cell] = tuple(
    Cell(
        f"drones_{drones}_density_{density:.0%}_size_{size:g}".replace("%", "").replace(".", ""),
        drones=drones,
        density=density,
        size=size,
        success=0.90 if (drones, density, size) == (32, 0.8, 0.6) else None,
    )
    for drones, density, size in product((8, 16, 32), (0.2, 0.4, 0.6, 0.8), (0.6, 0.7, 0.85))
)
"""More drones, more columns, larger ones."""
