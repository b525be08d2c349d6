"""Count a bundle's successes in simulation."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from untether_policies.output_file import output_file

if TYPE_CHECKING:
    from rich.console import Console

    from untether_training.evaluation.evaluation import Evaluation
    from untether_training.interactive.evaluation import InteractiveEvaluation
    from untether_training.swarm.evaluation.evaluation import SwarmEvaluation

    _Result: TypeAlias = Evaluation | InteractiveEvaluation | SwarmEvaluation
    _Judge: TypeAlias = Callable[
        [Path, argparse.Namespace, Console], tuple[_Result, Callable[[], None]]
    ]

SWARM = "swarm"
"""Name of the task whose bundles are evaluated cell by cell."""

_QUICK = {"episodes": 100, "flights": 20}
_HELD, _MISSED, _BAD_INPUT = 0, 1, 2


def main(argv: Sequence[str]) -> int:
    """Evaluate the bundle of a quadrotor, a swarm or an arm, and print a table.

    Returns:
        0 when every stated target holds, 1 when one does not, 2 for a bundle that cannot be
        evaluated or wrong arguments.
    """
    arguments = _parse(argv)

    from untether_policies.errors import BundleError
    from untether_policies.terminal import open_console, print_error
    from untether_policies.zoo import resolve_bundle
    from untether_training.evaluation.figures_file import write_figures

    console = open_console()
    try:
        path = resolve_bundle(arguments.bundle)
        task = arguments.task or _read_task(path)
        judge = _choose(task)
        evaluation, show = judge(path, arguments, console)
    except BundleError as error:
        print_error(console, error)
        return _BAD_INPUT
    try:  # neither a broken terminal nor a full disk takes the other's figures along
        if arguments.json is not None:
            write_figures(evaluation, arguments.json)
    finally:
        show()
        console.print(f"took {evaluation.seconds:.0f} s", soft_wrap=True)
    return _HELD if evaluation.passed else _MISSED


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments, checked; wrong ones end the process with status 2."""
    parser = argparse.ArgumentParser(
        prog="untether eval",
        description="Fly a quadrotor bundle in the training simulator, with domain randomisation, "
        "and in the deployment simulator, nominal and perturbed. A swarm's bundle flies through "
        "the cells of the published protocol; an arm's does its task, as does who showed it.",
        epilog="exit status: 0 targets hold, 1 a target is missed, 2 bad input",
    )
    parser.add_argument("bundle", help="folder, NAME.untether file, or name in the zoo")
    parser.add_argument(
        "--episodes",
        type=int,
        help="in the training simulator (default 1000), of a swarm in each cell (default 200), of "
        "an arm (default 100)",
    )
    parser.add_argument("--flights", type=int, help="in MuJoCo, per condition (default 200)")
    parser.add_argument(
        "--grid",
        action="store_true",
        help="swarm: also 8, 16 and 32 drones, four densities and three sizes of columns",
    )
    parser.add_argument(
        "--plot", type=output_file, metavar="PNG", help="swarm, with --grid: also draw the grid"
    )
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
    for name, least in (("episodes", 0), ("flights", 0), ("seed", 0), ("workers", 1)):
        given = getattr(arguments, name)
        if given is not None and given < least:
            parser.error(f"--{name}: expected at least {least}, got {given}")
    if arguments.plot is not None and not arguments.grid:
        parser.error("--plot: expected --grid with it, got none")
    if arguments.episodes == 0 and arguments.flights == 0:
        parser.error("expected --episodes or --flights above 0, got 0 of both")
    return arguments


def _count(arguments: argparse.Namespace, name: str, default: int) -> int:
    """Return how many episodes or flights are asked for."""
    given = getattr(arguments, name)
    if given is not None:
        return given
    return _QUICK[name] if arguments.quick else default


def _read_task(path: Path) -> str:
    """Return the task that a bundle was trained for, empty when it does not say."""
    from untether_policies.bundle import load_bundle

    return str(load_bundle(path, verify=False).contract.provenance.get("task", ""))


def _choose(task: str) -> "_Judge":
    """Return what evaluates the bundles of a task."""
    from untether_hardware.manipulation.registry import TASKS as ARM_TASKS

    if task in ARM_TASKS:
        return _try_arm
    return _fly_swarm if task == SWARM else _fly_alone


def _try_arm(
    path: Path, arguments: argparse.Namespace, console: "Console"
) -> "tuple[InteractiveEvaluation, Callable[[], None]]":
    """Evaluate a bundle of an arm; return the result and what shows it."""
    from untether_training.interactive.evaluation import print_evaluation
    from untether_training.interactive.evaluator import evaluate_arm

    with _progress(path.name, "episodes", console) as on_progress:
        evaluation = evaluate_arm(
            path,
            episodes=max(1, _count(arguments, "episodes", 100)),
            seed=arguments.seed,
            task=arguments.task,
            on_progress=on_progress,
        )
    return evaluation, lambda: print_evaluation(console, evaluation)


def _fly_alone(
    path: Path, arguments: argparse.Namespace, console: "Console"
) -> "tuple[Evaluation, Callable[[], None]]":
    """Evaluate a bundle of a lone drone; return the result and what shows it."""
    from untether_training.evaluation.criteria import CRITERIA
    from untether_training.evaluation.evaluator import evaluate_bundle
    from untether_training.evaluation.table import describe_criteria, print_table

    with _progress(path.name, "flights", console) as on_progress:
        evaluation = evaluate_bundle(
            path,
            episodes=_count(arguments, "episodes", 1000),
            flights=_count(arguments, "flights", 200),
            seed=arguments.seed,
            task=arguments.task,
            workers=arguments.workers,
            on_progress=on_progress,
        )

    def show() -> None:
        print_table(console, evaluation)
        console.print(f"success: {describe_criteria(CRITERIA[evaluation.task])}", soft_wrap=True)

    return evaluation, show


def _fly_swarm(
    path: Path, arguments: argparse.Namespace, console: "Console"
) -> "tuple[SwarmEvaluation, Callable[[], None]]":
    """Evaluate a bundle of a swarm; return the result and what shows it."""
    import torch

    from untether_training.swarm.evaluation.cell import BASE, GRID
    from untether_training.swarm.evaluation.evaluator import evaluate_swarm
    from untether_training.swarm.evaluation.plot import plot_grid
    from untether_training.swarm.evaluation.table import CRITERION, print_table

    torch.set_num_threads(arguments.workers)
    cells = (*BASE, *GRID) if arguments.grid else BASE
    with _progress(path.name, "steps", console) as on_progress:
        evaluation = evaluate_swarm(
            path,
            cells,
            episodes=max(1, _count(arguments, "episodes", 200)),
            seed=arguments.seed,
            on_progress=on_progress,
        )

    def show() -> None:
        print_table(console, evaluation)
        console.print(CRITERION, soft_wrap=True)
        inference = 1e6 * evaluation.inference
        console.print(f"inference: {inference:.1f} us a drone, in batches", soft_wrap=True)
        if arguments.plot is not None:
            plot_grid(evaluation, arguments.plot)

    return evaluation, show


@contextmanager
def _progress(title: str, what: str, console: "Console") -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar; yield what is called with the number done and the total."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{what}, left"),
        TimeRemainingColumn(),
    )
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        bar = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)
