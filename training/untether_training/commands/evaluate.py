"""Count a bundle's successes in the training simulator and in MuJoCo."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from untether_policies.output_file import output_file

if TYPE_CHECKING:
    from rich.console import Console

    from untether_training.evaluation.evaluation import Evaluation

_QUICK = {"episodes": 100, "flights": 20}
_HELD, _MISSED, _BAD_INPUT = 0, 1, 2


def main(argv: Sequence[str]) -> int:
    """Evaluate a quadrotor bundle and print a table.

    Returns:
        0 when every stated target holds, 1 when one does not, 2 for a bundle that cannot be
        evaluated or wrong arguments.
    """
    arguments = _parse(argv)

    from untether_policies.errors import BundleError
    from untether_policies.terminal import open_console, print_error
    from untether_policies.zoo import resolve_bundle
    from untether_training.evaluation.criteria import CRITERIA
    from untether_training.evaluation.figures_file import write_figures
    from untether_training.evaluation.table import describe_criteria, print_table

    console = open_console()
    try:
        evaluation = _evaluate(resolve_bundle(arguments.bundle), arguments, console)
    except BundleError as error:
        print_error(console, error)
        return _BAD_INPUT
    try:  # neither a broken terminal nor a full disk takes the other's figures along
        if arguments.json is not None:
            write_figures(evaluation, arguments.json)
    finally:
        print_table(console, evaluation)
        console.print(f"success: {describe_criteria(CRITERIA[evaluation.task])}", soft_wrap=True)
        console.print(f"took {evaluation.seconds:.0f} s", soft_wrap=True)
    return _HELD if evaluation.passed else _MISSED


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments, checked; wrong ones end the process with status 2."""
    parser = argparse.ArgumentParser(
        prog="untether eval",
        description="Fly a quadrotor bundle in the training simulator, with domain randomisation, "
        "and in the deployment simulator, nominal and perturbed.",
        epilog="exit status: 0 targets hold, 1 a target is missed, 2 bad input",
    )
    parser.add_argument("bundle", help="folder, NAME.untether file, or name in the zoo")
    parser.add_argument("--episodes", type=int, help="in the training simulator (default 1000)")
    parser.add_argument("--flights", type=int, help="in MuJoCo, per condition (default 200)")
    parser.add_argument("--seed", type=int, default=1000, help="of all randomness (default 1000)")
    parser.add_argument("--task", help="when the contract's provenance does not name it")
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="also write the figures here"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{_QUICK['episodes']} episodes and {_QUICK['flights']} flights",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    arguments = parser.parse_args(argv)
    defaults = _QUICK if arguments.quick else {"episodes": 1000, "flights": 200}
    for name, default in defaults.items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, default)
    for name, least in (("episodes", 0), ("flights", 0), ("seed", 0), ("workers", 1)):
        if getattr(arguments, name) < least:
            parser.error(f"--{name}: expected at least {least}, got {getattr(arguments, name)}")
    if arguments.episodes + arguments.flights == 0:
        parser.error("expected --episodes or --flights above 0, got 0 of both")
    return arguments


def _evaluate(path: Path, arguments: argparse.Namespace, console: "Console") -> "Evaluation":
    """Evaluate with a progress bar."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from untether_training.evaluation.evaluator import evaluate_bundle

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("flights, left"),
        TimeRemainingColumn(),
    )
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        bar = progress.add_task(path.name, total=None)
        return evaluate_bundle(
            path,
            episodes=arguments.episodes,
            flights=arguments.flights,
            seed=arguments.seed,
            task=arguments.task,
            workers=arguments.workers,
            on_progress=lambda flown, total: progress.update(bar, completed=flown, total=total),
        )
