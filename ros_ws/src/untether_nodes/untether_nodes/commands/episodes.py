"""Run episodes of an arm's task with its policy, and tell how they went."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from untether_nodes import option_types
from untether_policies.output_file import output_file

if TYPE_CHECKING:
    from rich.console import Console

    from untether_nodes.arm.client import EpisodeReport

_EPISODES = 10


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Args:
        argv: Its arguments.

    Returns:
        0 when every episode ran to its end, else 1; 2 when the arguments are wrong.
    """
    options = _parse(argv)
    from untether_nodes.arm.client import ArmClient
    from untether_nodes.flight_console import open_flight_console
    from untether_nodes.graph_client import FlightClientError
    from untether_nodes.stop_request import StopRequest

    console = open_flight_console()
    reports: list[EpisodeReport] = []
    try:
        with StopRequest() as stop, ArmClient(options.namespace, on_tick=stop.check) as robot:
            robot.wait_until_ready(options.timeout)
            robot.arm()
            for number in range(options.episodes):
                seed = -1 if options.seed is None else options.seed + number
                reports.append(robot.run_episode(reset=options.reset, seed=seed))
                _tell(number, reports[-1], console)
                if reports[-1].error_code:
                    break
            robot.disarm()
    except FlightClientError as error:
        console.print(f"untether episodes: {error}", style="red", soft_wrap=True)
        return 1
    written = options.json is None or _write(options, reports, console)
    _summarise(reports, console)
    return 0 if written and not any(report.error_code for report in reports) else 1


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="untether episodes",
        description="Arm a robot arm that has been launched, run episodes of its task, disarm it.",
    )
    parser.add_argument(
        "--namespace", type=option_types.namespace, default="franka", help="the arm's namespace"
    )
    parser.add_argument(
        "--episodes", type=option_types.count, default=_EPISODES, help=f"default {_EPISODES}"
    )
    parser.add_argument(
        "--seed", type=option_types.seed, help="of the first simulated scene; default: draw on"
    )
    parser.add_argument(
        "--reset",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="draw a simulated scene anew; on a robot a person resets it",
    )
    parser.add_argument(
        "--timeout", type=option_types.seconds, default=30.0, help="to find the arm [s]"
    )
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="write the figures to a file"
    )
    return parser.parse_args(argv)


def _tell(number: int, report: "EpisodeReport", console: "Console") -> None:
    corrected = f", {report.corrected} of them corrected" if report.corrected else ""
    console.print(
        f"{number + 1}: {report.outcome.name.lower()} after {report.steps} steps "
        f"({report.duration:.1f} s){corrected}. {report.text}",
        soft_wrap=True,
    )


def _summarise(reports: "Sequence[EpisodeReport]", console: "Console") -> None:
    from untether_hardware.interval import wilson_interval
    from untether_nodes.arm.episode import Outcome

    ended = [report for report in reports if not report.error_code]
    if not ended:
        return
    done = [report.duration for report in ended if report.outcome is Outcome.SUCCESS]
    lower, upper = wilson_interval(len(done), len(ended))
    mean = f", {sum(done) / len(done):.1f} s each" if done else ""
    console.print(
        f"success: {len(done)} of {len(ended)} ({100 * lower:.1f}-{100 * upper:.1f} %){mean}",
        soft_wrap=True,
    )


def _write(
    options: argparse.Namespace, reports: "Sequence[EpisodeReport]", console: "Console"
) -> bool:
    """Write the figures; return whether that went well."""
    import json

    from untether_policies.folder import write_atomically

    rows = [{**asdict(report), "outcome": report.outcome.name} for report in reports]
    try:
        write_atomically(options.json, f"{json.dumps({'episodes': rows}, indent=2)}\n".encode())
    except OSError as error:
        console.print(f"--json: {error}", style="red", soft_wrap=True)
        return False
    return True
