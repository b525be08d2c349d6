"""Sample to safe command through policy and safety, against a bare two-hop rclpy relay."""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from untether_policies.output_file import output_file

if TYPE_CHECKING:
    from untether_nodes.benchmarks.closed_loop_run import Latencies
    from untether_policies.benchmarks.report import Figure

_MEDIAN_TARGET = 2.5  # graph over relay, p50
_TAIL_TARGET = 4.0  # graph over relay, p99


def main(argv: Sequence[str]) -> int:
    """Measure both in alternating blocks; exit status 0 when both targets hold."""
    parser = argparse.ArgumentParser(
        prog="untether bench closed-loop",
        description="A simulated robot flies through the real nodes at 100 Hz, recorder on; "
        "between its flights the same probe times two bare relay processes.",
    )
    parser.add_argument("--policy", default="crazyflie_waypoint", help="bundle, or name in the zoo")
    parser.add_argument("--blocks", type=int, default=3, help="flights and relay blocks, each")
    parser.add_argument("--seconds", type=float, default=15.0, help="measured in each block [s]")
    parser.add_argument("--seed", type=int, default=0, help="of the sensor noise")
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="also write the figures here"
    )
    options = parser.parse_args(argv)
    if options.blocks < 1 or options.seconds < 1.0:
        parser.error("expected at least 1 block of at least 1 s")

    from untether_nodes.benchmarks.closed_loop_run import BenchmarkError, measure
    from untether_nodes.graph_process import GraphProcess, isolate_ros
    from untether_policies.benchmarks.report import report

    isolate_ros()
    with TemporaryDirectory() as name:
        folder = Path(name)
        arguments = {
            "sim": "false",
            "policy": options.policy,
            "record": "true",
            "record_folder": str(folder),
        }
        with _relays(), GraphProcess("crazyflie", arguments, folder / "nodes.log") as graph:
            try:
                graph_times, relay_times = _with_progress(
                    lambda show: measure(
                        options.blocks, options.seconds, seed=options.seed, show=show
                    )
                )
            except (BenchmarkError, TimeoutError) as error:
                sys.stderr.write(f"untether bench closed-loop: {error}\n{graph.read_log_tail()}\n")
                return 1
    return report(
        f"closed loop at 100 Hz, recorder on, {len(graph_times.samples)} samples, against a bare "
        f"two-hop relay, {len(relay_times.samples)} samples",
        _summarise(graph_times, relay_times),
        seed=options.seed,
        warm_up="2 s of each block",
        json_path=options.json,
    )


def _with_progress(
    action: "Callable[[Callable[[float], None]], tuple[Latencies, Latencies]]",
) -> "tuple[Latencies, Latencies]":
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("measuring"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as progress:
        job = progress.add_task("measuring", total=1.0)
        return action(lambda share: progress.update(job, completed=share))


@contextmanager
def _relays() -> Iterator[None]:
    """Run the two relay processes while the block runs."""
    from untether_nodes.benchmarks.closed_loop_run import RELAY_TOPICS

    first, middle, last = RELAY_TOPICS
    hops = (("sensor", first, middle), ("command", middle, last))
    command = [sys.executable, "-m", "untether_nodes.benchmarks.relay"]
    processes = [subprocess.Popen([*command, *hop]) for hop in hops]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(5.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _summarise(graph: "Latencies", relay: "Latencies") -> "list[Figure]":
    """Return the figures."""
    from untether_policies.benchmarks.report import Figure

    figures = []
    for name, times in (("graph", graph), ("relay", relay)):
        for label, fraction in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999)):
            value = 1e3 * times.quantile(fraction)
            figures.append(Figure(f"closed_loop_{name}_{label}", value, "ms"))
        share = times.unanswered / max(1, len(times.samples) + times.unanswered)
        figures.append(Figure(f"closed_loop_{name}_unanswered", share, "1"))
    for label, fraction, target in (("p50", 0.5, _MEDIAN_TARGET), ("p99", 0.99, _TAIL_TARGET)):
        ratio = graph.quantile(fraction) / relay.quantile(fraction)
        figures.append(Figure(f"closed_loop_ratio_{label}", ratio, "1", target))
    return figures
