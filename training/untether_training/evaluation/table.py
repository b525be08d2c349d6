"""The evaluation as a table: for the terminal and for a bundle's card."""

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from untether_training.evaluation.criteria import Criteria, Goal
from untether_training.evaluation.evaluation import Evaluation
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
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0)
    )
    for column in COLUMNS:
        justify = "left" if column == COLUMNS[0] else "right"
        table.add_column(column, justify=justify, no_wrap=True)
    for row in evaluation.rows:
        *cells, target = _describe(row)
        verdict = Text(target, "green") if row.passed else Text(f"MISSED {target}", "bold red")
        table.add_row(*cells, verdict)
    width = max(console.width, _WIDTH)
    Console(file=console.file, highlight=False, markup=False, width=width).print(table)


def write_card_table(evaluation: Evaluation) -> str:
    """Return the evaluation as Markdown, for a card: a table and how to make it again."""
    header = tuple(column.replace("\n", " ") for column in COLUMNS)
    lines = [header, ("---",) * len(COLUMNS)]
    lines += [_describe(row) for row in evaluation.rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
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
