"""Where the drones of a swarm are sent; scenarios and radii of Huang et al. 2024 (2309.13285)."""

import math

import numpy as np

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.places import find_clearing, sample_free
from untether_hardware.swarm.state import Floats

_SHARED_HEIGHT = (1.5, 3.0)  # [m] map, of a goal that all share
_SPACING = 0.5  # [m] least distance between two goals of a circle
_CHANGE_TIME = (4.0, 6.0)  # [s] between two changes of the goals


class Goals:
    """Goals that stand still.

    Attributes:
        position: Where each drone is to be now, (drones, 3) [m] map.
        radius: Distance to the goal that counts as arrived [m].
    """

    def __init__(self, position: Floats, radius: float) -> None:
        """Create goals.

        Args:
            position: (drones, 3) [m] map.
            radius: Distance to the goal that counts as arrived [m].
        """
        self.position = np.array(position, dtype=float)
        self.radius = radius

    def advance(self, timestep: float) -> None:
        """Move the goals by a time [s]."""


class SwappedGoals(Goals):
    """A circle of goals about the largest clearing, shuffled every 4 to 6 s (`o_swap_goals`)."""

    def __init__(self, columns: Columns, drones: int, generator: np.random.Generator) -> None:
        """Create a horizontal circle of goals, in random order.

        Args:
            columns: The room.
            drones: How many goals there are.
            generator: Where order and times come from.
        """
        centre, _ = find_clearing(columns, generator)
        angle = np.arange(drones) * (2.0 * math.pi / drones)
        radius = 0.5 * _SPACING / math.sin(math.pi / max(drones, 2))
        across = centre + radius * np.column_stack([np.cos(angle), np.sin(angle)])
        height = np.full(drones, generator.uniform(*_SHARED_HEIGHT))
        super().__init__(np.column_stack([across, height]), 1.0)
        self._generator = generator
        self._shuffle()

    def advance(self, timestep: float) -> None:
        """Shuffle the goals when their time has come."""
        self._left -= timestep
        if self._left <= 0.0:
            self._shuffle()

    def _shuffle(self) -> None:
        self._generator.shuffle(self.position)
        self._left = self._generator.uniform(*_CHANGE_TIME)  # [s]


def random_goals(columns: Columns, drones: int, generator: np.random.Generator) -> Goals:
    """Return a free cell for each drone (`o_random`).

    Args:
        columns: The room.
        drones: How many goals there are.
        generator: Where the draw comes from.
    """
    return Goals(sample_free(columns, drones, generator), 0.5)


def shared_goal(columns: Columns, drones: int, generator: np.random.Generator) -> Goals:
    """Return the middle of the largest clearing for all drones (`o_static_same_goal`).

    Args:
        columns: The room.
        drones: How many drones share it.
        generator: Where height and choice come from.
    """
    centre, _ = find_clearing(columns, generator)
    goal = [*centre, generator.uniform(*_SHARED_HEIGHT)]
    return Goals(np.tile(goal, (drones, 1)), 1.0)
