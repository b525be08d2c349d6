"""A swarm's evaluation as a table: for the terminal and for a bundle's card."""

from __future__ import annotations

from rich.console import Console

from untether_training.evaluation.result_table import print_results, write_results
from untether_training.swarm.evaluation.evaluation import SwarmEvaluation
from untether_training.swarm.evaluation.row import SwarmRow

COLUMNS = (
    "cell",
    "episodes",
    "success [%]",
    "collision [%]",
    "drone [%]",
    "room [%]",
    "stuck [%]",
    "final [m]",
    "way [m]",
    "target",
)
"""Rates count drones, with 95 % intervals; drone and room are what they touched; final, the mean
distance to the goal over the last second; way, the mean length of the flights that succeeded."""

CRITERION = (
    "Episodes last 15 s. A drone succeeds when it comes within the goal's radius (0.5 m for a goal "
    "of its own, 1 m for a shared or moving one; mean of five control steps) and touches nothing, "
    "neither another drone nor the room, from 1.5 s on. It collides when it touches anything, and "
    "is stuck when it does neither. Drones are the described one, but in `base_randomised`."
)

_WIDTH = 140  # characters that the table takes at most


def print_table(console: Console, evaluation: SwarmEvaluation) -> None:
    """Print the evaluation as a table; a narrower terminal wraps its lines."""
    title = f"{evaluation.bundle}: swarm, seed {evaluation.seed}"
    rows = ((_describe(row), row.passed) for row in evaluation.rows)
    print_results(console, title, COLUMNS, rows, width=_WIDTH)


def write_table(evaluation: SwarmEvaluation) -> str:
    """Return the evaluation as Markdown: a table and how to make it again."""
    table = write_results(COLUMNS, map(_describe, evaluation.rows))
    episodes = evaluation.rows[0].episodes
    return (
        f"{table}\n\nMade by `untether eval {evaluation.bundle} --episodes {episodes} "
        f"--seed {evaluation.seed}`; intervals are Wilson's at 95 %, with the design effect of "
        "drones that share an episode.\n"
    )


def _describe(row: SwarmRow) -> tuple[str, ...]:
    """Return the cells of one row."""
    return (
        row.cell.name.replace("_", " "),
        str(row.episodes),
        str(row.success),
        str(row.collision),
        f"{100 * row.hit_drone.value:.1f}",
        f"{100 * row.hit_room.value:.1f}",
        f"{100 * row.stuck.value:.1f}",
        f"{row.final_distance:.2f}",
        "-" if row.way is None else f"{row.way:.1f}",
        _describe_target(row),
    )


def _describe_target(row: SwarmRow) -> str:
    parts = []
    if row.cell.success is not None:
        parts.append(f"≥ {100 * row.cell.success:g}")
    if row.cell.collision is not None:
        parts.append(f"≤ {100 * row.cell.collision:g}")
    return ", ".join(parts)
