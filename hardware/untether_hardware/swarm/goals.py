"""Where the drones of a swarm are sent; scenarios and radii of Huang et al. 2024 (2309.13285)."""

import math
from abc import ABC, abstractmethod

import numpy as np

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.places import find_clearing, sample_free
from untether_hardware.swarm.state import Floats

_OWN_RADIUS = 0.5  # [m] distance that counts as arrived at a goal of one's own
_SHARED_RADIUS = 1.0  # [m] the same at a goal that is shared or changes
_SHARED_HEIGHT = (1.5, 3.0)  # [m] map, of a goal that all share
_SPACING = 0.5  # [m] least distance between two goals of a circle
_CHANGE_TIME = (4.0, 6.0)  # [s] between two changes of the goals
_JUMP = 4.0  # [m] longest jump of a shared goal
_CURVE_TIME = 6.0  # [s] for a curve of a goal that is chased
_BEND = 1.0  # [m] largest distance of a curve's control points from the straight line


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


class _ChangingGoals(Goals, ABC):
    """Goals that change every 4 to 6 s."""

    def __init__(self, position: Floats, generator: np.random.Generator) -> None:
        super().__init__(position, _SHARED_RADIUS)
        self._generator = generator
        self._left = generator.uniform(*_CHANGE_TIME)  # [s]

    def advance(self, timestep: float) -> None:
        """Change the goals when their time has come."""
        self._left -= timestep
        if self._left <= 0.0:
            self._left = self._generator.uniform(*_CHANGE_TIME)
            self._change()

    @abstractmethod
    def _change(self) -> None:
        """Choose the next goals."""


class SwappedGoals(_ChangingGoals):
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
        super().__init__(np.column_stack([across, height]), generator)
        self._change()

    def _change(self) -> None:
        self._generator.shuffle(self.position)


class JumpingGoal(_ChangingGoals):
    """A shared goal that jumps up to 4 m every 4 to 6 s (`o_dynamic_same_goal`)."""

    def __init__(self, columns: Columns, drones: int, generator: np.random.Generator) -> None:
        """Create a free place that all drones share.

        Args:
            columns: The room.
            drones: How many drones share it.
            generator: Where places and times come from.
        """
        self._columns = columns
        place = sample_free(columns, 1, generator)
        super().__init__(np.tile(place, (drones, 1)), generator)

    def _change(self) -> None:
        choices = sample_free(self._columns, self._columns.cells**2, self._generator)
        apart = np.linalg.norm(choices - self.position[0], axis=1)
        self.position[:] = choices[np.argmax(apart < _JUMP)]


class PursuedGoal(Goals):
    """A shared goal that flies along Bezier curves of 6 s each (`o_ep_rand_bezier`)."""

    def __init__(self, columns: Columns, drones: int, generator: np.random.Generator) -> None:
        """Create a goal at the start of its first curve.

        Args:
            columns: The room.
            drones: How many drones chase it.
            generator: Where the curves come from.
        """
        self._columns = columns
        self._generator = generator
        (start,) = sample_free(columns, 1, generator)
        super().__init__(np.tile(start, (drones, 1)), _SHARED_RADIUS)
        self._begin(start)

    def advance(self, timestep: float) -> None:
        """Move the goal along its curve, and on to the next one at its end."""
        self._elapsed += timestep
        if self._elapsed >= _CURVE_TIME:
            self._begin(self._points[3])
        t = self._elapsed / _CURVE_TIME
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        self.position[:] = weights @ self._points

    def _begin(self, start: Floats) -> None:
        """Start a curve from a place (3,) [m] map to a free cell, bent at random."""
        (end,) = sample_free(self._columns, 1, self._generator)
        aside = self._generator.standard_normal((2, 3))
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
        aside *= self._generator.uniform(0.0, _BEND, (2, 1))
        share = np.array([[1.0 / 3.0], [2.0 / 3.0]])
        inner = start + share * (end - start) + aside
        self._points = np.vstack([start, inner, end])  # (4, 3) [m] map
        self._elapsed = 0.0  # [s]


def random_goals(columns: Columns, drones: int, generator: np.random.Generator) -> Goals:
    """Return a free cell for each drone (`o_random`).

    Args:
        columns: The room.
        drones: How many goals there are.
        generator: Where the draw comes from.
    """
    return Goals(sample_free(columns, drones, generator), _OWN_RADIUS)


def shared_goal(columns: Columns, drones: int, generator: np.random.Generator) -> Goals:
    """Return the middle of the largest clearing for all drones (`o_static_same_goal`).

    Args:
        columns: The room.
        drones: How many drones share it.
        generator: Where height and choice come from.
    """
    centre, _ = find_clearing(columns, generator)
    goal = [*centre, generator.uniform(*_SHARED_HEIGHT)]
    return Goals(np.tile(goal, (drones, 1)), _SHARED_RADIUS)
