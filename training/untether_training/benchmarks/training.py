"""Training: drone-steps per second of flying and learning together, in threads or processes."""

import argparse
import os
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from untether_policies.output_file import output_file

if TYPE_CHECKING:
    from untether_policies.benchmarks.report import Figure

_TARGET = 120e3  # control steps of a drone per second, flying and learning, on all cores
_PARTS = ("environment", "inference", "storage", "update")


def main(argv: Sequence[str]) -> int:
    """Measure a swarm's training; exit status 0 when the target holds."""
    parser = argparse.ArgumentParser(
        prog="untether bench training",
        description="Measure how many control steps of one drone a second of a swarm's training "
        "gives, flying and PPO's updates together: the small network of 1,864 parameters in the "
        "preset's worlds, with collisions replayed. Once in one process with one thread and with "
        "all, once in as many processes as there are cores, each with a thread and drones of its "
        "own, which is what sweeps do.",
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parser.add_argument("--cores", type=int, default=cores, help=f"to use (default {cores})")
    parser.add_argument(
        "--drones", type=int, default=1024, help="of each process, in worlds of 8 (default 1024)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="iterations of each (default 5)")
    parser.add_argument("--seed", type=int, default=0, help="of all randomness (default 0)")
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="also write the figures here"
    )
    arguments = parser.parse_args(argv)
    for name in ("cores", "rounds"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name}: expected at least 1, got {getattr(arguments, name)}")
    if arguments.drones < 8 or arguments.drones % 8:
        parser.error(f"--drones: expected a multiple of 8, got {arguments.drones}")

    from untether_policies.benchmarks.report import report

    return report(
        f"training a swarm: drone-steps per second, fastest of {arguments.rounds} iterations",
        _measure(arguments.cores, arguments.drones, arguments.rounds, arguments.seed),
        seed=arguments.seed,
        warm_up="an iteration of each process",
        json_path=arguments.json,
    )


def _measure(cores: int, drones: int, rounds: int, seed: int) -> "list[Figure]":
    """Return all rates, and the parts of an iteration of one process with one thread."""
    from untether_policies.benchmarks.report import Figure

    rates: dict[str, float] = {}
    parts: dict[str, float] = {}
    for processes, threads in sorted({(1, 1), (1, cores), (cores, 1)}):
        rate, found = _race(processes, threads, drones, rounds, seed)
        rates[f"processes_{processes}_threads_{threads}"] = rate
        parts = parts or found
    return [
        *(Figure(name, rate, "steps/s") for name, rate in rates.items()),
        *(Figure(f"{part}_share", parts[part] / sum(parts.values()), "1") for part in _PARTS),
        Figure("speed_up", max(rates.values()) / rates["processes_1_threads_1"], "1"),
        Figure("best", max(rates.values()), "steps/s", _TARGET, at_most=False),
    ]


def _race(
    processes: int, threads: int, drones: int, rounds: int, seed: int
) -> tuple[float, dict[str, float]]:
    """Return the best rate of some processes that iterate at once, and the parts of that round.

    An iteration ends when the last process has ended it, as it would if they shared gradients.
    """
    from multiprocessing import get_context

    context = get_context("spawn")
    workers = []
    for number in range(processes):
        ours, theirs = context.Pipe()
        worker = context.Process(
            target=_work, args=(theirs, threads, drones, seed + number), daemon=True
        )
        worker.start()
        theirs.close()
        workers.append((worker, ours))
    try:
        steps = sum(pipe.recv() for _, pipe in workers)  # all are warm
        best, parts = 0.0, {}
        for _ in range(rounds):
            for _, pipe in workers:
                pipe.send(True)
            results = [pipe.recv() for _, pipe in workers]
            rate = steps / max(duration for duration, _ in results)
            if rate > best:
                best, parts = rate, results[0][1]
    finally:
        for worker, pipe in workers:
            pipe.close()  # which ends the worker
            worker.join()
    return best, parts


def _work(pipe: Connection, threads: int, drones: int, seed: int) -> None:
    """Iterate whenever told to, until the other end is closed."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `untether train` does
    import torch

    from untether_training.benchmarks.training_side import TrainingSide

    torch.set_num_threads(threads)
    side = TrainingSide(drones, seed)
    side.warm_up()
    pipe.send(side.steps)
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        duration = side.iterate()
        pipe.send((duration, dict(side.parts)))
