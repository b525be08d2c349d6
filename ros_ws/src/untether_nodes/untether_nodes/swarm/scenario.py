"""Scenarios of a run: where the drones of a swarm are sent, and whether that can be."""

from enum import IntEnum

import numpy as np

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.goals import (
    Goals,
    JumpingGoal,
    PursuedGoal,
    SwappedGoals,
    random_goals,
    shared_goal,
)
from untether_hardware.swarm.state import Floats


class Scenario(IntEnum):
    """Where the drones are sent; the values of ``untether_interfaces/action/RunSwarm``."""

    GIVEN = 0
    RANDOM = 1
    SHARED = 2
    SWAP = 3
    PURSUIT = 4
    JUMP = 5
    HOME = 6


_MAKERS = {
    Scenario.RANDOM: random_goals,
    Scenario.SHARED: shared_goal,
    Scenario.SWAP: SwappedGoals,
    Scenario.PURSUIT: PursuedGoal,
    Scenario.JUMP: JumpingGoal,
}


def draw_goals(scenario: Scenario, columns: Columns, drones: int, seed: int) -> Goals:
    """Return the goals of a scenario that draws them.

    Args:
        scenario: Any but GIVEN and HOME.
        columns: The room.
        drones: How many goals there are.
        seed: Of the draw.

    Raises:
        ValueError: When there is a column in every cell.
    """
    return _MAKERS[scenario](columns, drones, np.random.default_rng(seed))


def find_goal_fault(goals: Floats, columns: Columns, radius: float) -> str:
    """Return what is wrong with places to fly to, or nothing.

    Args:
        goals: (goals, 3) [m] map.
        columns: The room.
        radius: Of a drone [m], which has to fit in.
    """
    if not np.all(np.isfinite(goals)):
        return f"expected finite coordinates, got {goals.tolist()}. Fix: send numbers."
    half = 0.5 * columns.room - radius
    lower, upper = (-half, -half, radius), (half, half, columns.room - radius)
    outside = np.any((goals < lower) | (goals > upper), axis=1)
    if outside.any():
        return (
            f"expected a place in the room, within {half:.2f} m of its middle along x and y and "
            f"from {radius:.2f} to {upper[2]:.2f} m high, got {_show(goals[outside][0])}. "
            "Fix: choose another."
        )
    apart = np.linalg.norm(goals[:, None, :2] - columns.centre, axis=2) - columns.radius
    inside = np.any(apart < radius, axis=1)
    if inside.any():
        return (
            f"expected a place at least {radius:.2f} m away from every column, got "
            f"{_show(goals[inside][0])}. Fix: choose another."
        )
    return ""


def _show(place: Floats) -> str:
    return "(" + ", ".join(f"{value:.2f}" for value in place) + ")"
