"""The arm's control loop at 10 Hz, with cameras, console and recorder on."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from untether_policies.output_file import output_file

if TYPE_CHECKING:
    from untether_nodes.benchmarks.arm_loop_run import ArmLoop
    from untether_policies.benchmarks.report import Figure

_PERIOD, _TOLERANCE = 0.1, 0.010  # [s]
_PUNCTUAL = 0.99  # share of periods within the tolerance


def main(argv: Sequence[str]) -> int:
    """Measure; exit status 0 when the target holds."""
    parser = argparse.ArgumentParser(
        prog="untether bench arm-loop",
        description="A simulated arm does its task through the real nodes, with both cameras, the "
        "recorder, and the console with somebody who watches; the setpoints that the safety stage "
        "lets pass are timed where the arm receives them.",
    )
    parser.add_argument("--task", default="pick", help="one that has a bundle in the zoo")
    parser.add_argument("--seconds", type=float, default=60.0, help="of acting, at least [s]")
    parser.add_argument("--seed", type=int, default=3000, help="of the first scene")
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="also write the figures here"
    )
    options = parser.parse_args(argv)
    if options.seconds < 1.0:
        parser.error("expected at least 1 s")

    import sys

    from untether_nodes.benchmarks.arm_loop_run import measure, watch_console
    from untether_nodes.graph_client import FlightClientError
    from untether_nodes.graph_process import GraphProcess, isolate_ros
    from untether_policies.benchmarks.report import report

    isolate_ros()
    with TemporaryDirectory() as name:
        folder = Path(name)
        arguments = {"task": options.task, "record": "true", "record_folder": str(folder)}
        with GraphProcess("franka", arguments, folder / "nodes.log") as graph:
            try:
                with watch_console(folder / "console.log") as viewer:
                    loop = measure(options.seconds, seed=options.seed)
            except (FlightClientError, TimeoutError) as error:
                sys.stderr.write(f"untether bench arm-loop: {error}\n{graph.read_log_tail()}\n")
                return 1
    return report(
        f"{options.task} at 10 Hz with cameras, recorder and console: {len(loop.periods)} periods "
        f"in {loop.episodes} episodes",
        [*_summarise(loop), _count("arm_loop_console_pictures", viewer.pictures)],
        seed=options.seed,
        warm_up="the first answer of each episode",
        json_path=options.json,
    )


def _summarise(loop: "ArmLoop") -> "list[Figure]":
    """Return the figures."""
    import numpy as np

    from untether_policies.benchmarks.report import Figure

    punctual = float(np.mean(np.abs(np.array(loop.periods) - _PERIOD) <= _TOLERANCE))
    figures = [Figure("arm_loop_within_10ms", punctual, "1", _PUNCTUAL, at_most=False)]
    for name, times in (("period", loop.periods), ("latency", loop.latencies)):
        for label, fraction in (("p01", 0.01), ("p50", 0.5), ("p99", 0.99)):
            value = 1e3 * float(np.quantile(times, fraction))
            figures.append(Figure(f"arm_loop_{name}_{label}", value, "ms"))
    return [*figures, _count("arm_loop_unanswered", loop.unanswered)]


def _count(name: str, count: int) -> "Figure":
    from untether_policies.benchmarks.report import Figure

    return Figure(name, float(count), "1")
