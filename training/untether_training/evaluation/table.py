"""The evaluation as a table: for the terminal and for a bundle's card."""

import math

from rich.console import Console

from untether_training.evaluation.criteria import Criteria, Goal
from untether_training.evaluation.evaluation import Evaluation
from untether_training.evaluation.result_table import print_results, write_results
from untether_training.evaluation.row import EvaluationRow

_SIMULATORS = {"training": "training", "mujoco": "MuJoCo"}

COLUMNS = (
    "simulator, condition",
    "success",
    "95 % interval\n[%]",
    "crashes",
    "time\n[s]",
    "final\n[m]",
    "error\n[m]",
    "speed\n[m/s]",
    "peak\n[m/s]",
    "at least",
)
"""Time is the mean until the stay at the goal began; final, the distance to the goal at the end;
error, the mean distance to the goal over the scored window."""

_WIDTH = 112  # characters that the table takes at most


def print_table(console: Console, evaluation: Evaluation) -> None:
    """Print the evaluation as a table; a narrower terminal wraps its lines."""
    title = f"{evaluation.bundle}: {evaluation.task}, seed {evaluation.seed}"
    rows = ((_describe(row), row.passed) for row in evaluation.rows)
    print_results(console, title, COLUMNS, rows, width=_WIDTH)


def write_card_table(evaluation: Evaluation) -> str:
    """Return the evaluation as Markdown, for a card: a table and how to make it again."""
    table = write_results(COLUMNS, map(_describe, evaluation.rows))
    episodes = {row.simulator: row.episodes for row in evaluation.rows}
    options = " ".join(
        f"--{option} {episodes[simulator]}"
        for simulator, option in (("training", "episodes"), ("mujoco", "flights"))
        if simulator in episodes
    )
    return (
        f"{table}\n\nMade by `untether eval {evaluation.bundle} {options} "
        f"--seed {evaluation.seed}`; intervals are Wilson's at 95 %.\n"
    )


def describe_criteria(criteria: Criteria) -> str:
    """Return in words when an episode counts as a success."""
    radius, window = f"within {criteria.radius:g} m of the goal", f"{criteria.window:g} s"
    limit = f"{criteria.time_limit:g} s"
    if criteria.goal is Goal.ARRIVE:
        held = f"{radius} for {window} without a break, before {limit}"
    elif criteria.goal is Goal.HOLD:
        tilt = f"{math.degrees(criteria.max_tilt):.0f}°"
        held = f"{radius} and tilted less than {tilt} for the last {window} of {limit}"
    else:
        held = f"in the mean {radius}, which moves, over the last {window} of {limit}"
    flip = "" if criteria.may_flip else ", not turned over"
    return f"{held}; not on the ground after take-off{flip}, not lost"


def _describe(row: EvaluationRow) -> tuple[str, ...]:
    """Return the cells of one row."""
    crashes = row.grounded + row.flipped + row.lost
    return (
        f"{_SIMULATORS[row.simulator]}, {row.title}",
        f"{row.successes}/{row.episodes}",
        f"{100 * row.lower:.1f}-{100 * row.upper:.1f}",
        str(crashes),
        _format(row.time_to_goal),
        _format(row.final_distance, 3),
        _format(row.tracking_error, 3),
        _format(row.mean_speed),
        _format(row.peak_speed),
        "" if row.target is None else f"{100 * row.target:g} %",
    )


def _format(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
