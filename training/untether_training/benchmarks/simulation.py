"""Training simulator: drone-physics-steps per second, against bare arithmetic."""

import argparse
import itertools
import os
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from untether_policies.output_file import output_file

if TYPE_CHECKING:
    from untether_policies.benchmarks.report import Figure
    from untether_training.benchmarks.sides import Side

# Per second, at the best batch size and number of threads.
_TARGET = 6e6  # drone-physics-steps of the dynamics alone
_SWARM_TARGET = 1e6  # control steps of a drone in a swarm of eight among columns
_BATCHES = (1024, 4096, 16384, 65536)
_BLOCK_TIME = 0.1  # [s] about how long one measurement takes
_WARM_UP = 10  # calls, twice

_Rates = dict[str, dict[tuple[int, int], float]]  # by side, then by batch size and threads


def main(argv: Sequence[str]) -> int:
    """Measure bare bodies, dynamics and environments; exit status 0 when the targets hold."""
    parser = argparse.ArgumentParser(
        prog="untether bench sim",
        description="Measure how many 200 Hz physics steps of one drone a second of computing "
        "gives: of bare rigid bodies, of the dynamics alone, and inside the environments of one "
        "drone and of a swarm with sensors, delays, features, rewards, collisions and new starts. "
        "A figure such as dynamics_4096_t2 is for 4096 drones at once and 2 threads.",
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parser.add_argument("--threads", type=int, default=cores, help=f"at most (default {cores})")
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement (default 5)")
    parser.add_argument("--seed", type=int, default=0, help="of drones and commands (default 0)")
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="also write the figures here"
    )
    arguments = parser.parse_args(argv)
    for name in ("threads", "rounds"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name}: expected at least 1, got {getattr(arguments, name)}")

    import torch

    from untether_policies.benchmarks.report import report

    before = torch.get_num_threads()
    try:
        with torch.inference_mode():
            rates = _measure(sorted({1, arguments.threads}), arguments.rounds, arguments.seed)
    finally:
        torch.set_num_threads(before)
    return report(
        f"training simulator: drone-physics-steps per second, fastest of {arguments.rounds} rounds",
        _summarise(rates),
        seed=arguments.seed,
        warm_up=f"{2 * _WARM_UP} calls of each side, batch size and number of threads",
        json_path=arguments.json,
    )


def _measure(threads: Sequence[int], rounds: int, seed: int) -> _Rates:
    """Return the rates of all sides at all batch sizes and numbers of threads."""
    import torch
    from rich.progress import Progress

    from untether_training.benchmarks.sides import prepare_sides

    rates: _Rates = {}
    # Without its own thread, which would take time from what is measured.
    with Progress(auto_refresh=False, transient=True) as progress:
        bar = progress.add_task("simulation", total=len(_BATCHES) * len(threads) * rounds)
        for count, number in itertools.product(_BATCHES, threads):
            torch.set_num_threads(number)
            sides = prepare_sides(count, seed)
            calls = {name: _calibrate(side) for name, side in sides.items()}
            for _ in range(rounds):
                for name, side in sides.items():
                    steps = side.steps_per_call * count * calls[name]
                    rate = steps / _time(side, calls[name])
                    # Other processes only ever slow a round down, so the fastest says most.
                    by_size = rates.setdefault(name, {})
                    by_size[count, number] = max(rate, by_size.get((count, number), 0.0))
                progress.advance(bar)
                progress.refresh()
    return rates


def _calibrate(side: "Side") -> int:
    """Warm up, and return how many calls fill a block."""
    calls = _WARM_UP
    _time(side, calls)
    return max(1, round(calls * _BLOCK_TIME / _time(side, calls)))


def _time(side: "Side", calls: int) -> float:
    """Return how long some calls from the side's start take [s]."""
    side.restart()
    begin = perf_counter()
    for _ in range(calls):
        side.step()
    return perf_counter() - begin


def _summarise(rates: _Rates) -> "list[Figure]":
    """Return all rates, the best of each side, and their ratios."""
    from untether_policies.benchmarks.report import Figure
    from untether_training.tasks.fleet import SUBSTEPS

    figures = []
    best = {}
    for side, by_size in rates.items():
        figures += [
            Figure(f"{side}_{count}_t{threads}", rate, "steps/s")
            for (count, threads), rate in by_size.items()
        ]
        count, threads = max(by_size, key=by_size.__getitem__)
        best[side] = by_size[count, threads]
        figures += [
            Figure(f"{side}_best_drones", count, "drones"),
            Figure(f"{side}_best_threads", threads, "threads"),
        ]
    return [
        *figures,
        Figure("bare_best", best["bare"], "steps/s"),
        Figure("dynamics_best", best["dynamics"], "steps/s", _TARGET, at_most=False),
        Figure("environment_best", best["environment"], "steps/s"),
        Figure("environment_best_control", best["environment"] / SUBSTEPS, "steps/s"),
        Figure(
            "swarm_best_control", best["swarm"] / SUBSTEPS, "steps/s", _SWARM_TARGET, at_most=False
        ),
        Figure("dynamics_over_bare", best["dynamics"] / best["bare"], "1"),
        Figure("environment_over_dynamics", best["environment"] / best["dynamics"], "1"),
    ]
