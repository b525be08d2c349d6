"""Arm a robot, fly it to waypoints with its policy, land it, and tell how it went."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from untether_nodes import option_types
from untether_policies.output_file import output_file

if TYPE_CHECKING:
    from rich.console import Console

    from untether_nodes.client import FlightClient
    from untether_nodes.flight_legs import Leg, LegsFlown
    from untether_nodes.goal_report import GoalReport

_WAYPOINTS = 5
_HOVER_TIME = 10.0  # [s]
_FIGURE_TIME = 24.0  # [s] three laps
_CENTRE = (0.0, 0.0, 1.0)  # [m] map


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Args:
        argv: Its arguments.

    Returns:
        0 when every goal was reached and the robot landed, else 1; 2 when the arguments are wrong.
    """
    options = _parse(argv)
    from untether_nodes.client import FlightClient, FlightClientError
    from untether_nodes.flight_console import open_flight_console
    from untether_nodes.flight_legs import fly_legs
    from untether_nodes.stop_request import StopRequest

    console = open_flight_console()
    legs = _plan(options)
    try:
        with StopRequest() as stop, FlightClient(options.namespace, on_tick=stop.check) as robot:
            with console.status("waiting for the robot") as line:
                flown = fly_legs(
                    robot, legs, timeout=options.timeout, land=options.land, tell=line.update
                )
            written = options.json is None or _write(options.json, robot, flown, console)
            _show(robot, flown, console)
    except FlightClientError as error:  # ROS does not start here
        console.print(f"untether fly: {error}", style="red")
        return 1
    return 0 if flown.succeeded and written else 1


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="untether fly",
        description="Arm a robot that has been launched, fly it, land it. Ctrl-C lands, too.",
    )
    parser.add_argument(
        "--namespace", type=option_types.namespace, default="cf1", help="the robot's namespace"
    )
    task = parser.add_mutually_exclusive_group()
    task.add_argument(
        "--waypoints",
        type=option_types.count,
        metavar="N",
        help=f"fly to random ones (default: {_WAYPOINTS})",
    )
    task.add_argument(
        "--to",
        type=option_types.coordinate,
        nargs=3,
        action="append",
        metavar=("X", "Y", "Z"),
        help="fly to a point [m] in frame map; may be repeated",
    )
    task.add_argument(
        "--hover",
        type=option_types.seconds,
        nargs="?",
        const=_HOVER_TIME,
        metavar="SECONDS",
        help="hover 1 m high",
    )
    task.add_argument(
        "--figure-eight",
        type=option_types.seconds,
        nargs="?",
        const=_FIGURE_TIME,
        metavar="SECONDS",
        help="fly a figure eight 1 m high",
    )
    parser.add_argument("--seed", type=option_types.seed, default=0, help="of the random waypoints")
    parser.add_argument(
        "--land",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="land at the end; a flight that failed is landed in any case",
    )
    parser.add_argument(
        "--timeout", type=option_types.seconds, default=30.0, help="to find the robot [s]"
    )
    parser.add_argument(
        "--json", type=output_file, metavar="PATH", help="write the figures to a file"
    )
    return parser.parse_args(argv)


def _plan(options: argparse.Namespace) -> "list[Leg]":
    """Return the goals that are asked for."""
    from untether_nodes.flight_goal import Task
    from untether_nodes.flight_legs import Leg
    from untether_nodes.tour import random_tour

    if options.hover is not None:
        return [Leg(Task.HOVER, _CENTRE, options.hover)]
    if options.figure_eight is not None:
        eights = Leg(Task.FIGURE_EIGHT, _CENTRE, options.figure_eight)
        return [Leg(Task.POSITION, _CENTRE), eights]
    if options.to:
        return [Leg(Task.POSITION, (x, y, z)) for x, y, z in options.to]
    count = _WAYPOINTS if options.waypoints is None else options.waypoints
    return [Leg(Task.POSITION, goal) for goal in random_tour(count, options.seed)]


def _write(path: Path, robot: "FlightClient", flown: "LegsFlown", console: "Console") -> bool:
    """Write the figures as JSON; return whether that succeeded, and else print them."""
    from untether_nodes.flight_console import write_figures

    policy = robot.policy
    document = {
        "policy": policy.name if policy else None,
        "sha256": policy.sha256 if policy else None,
        "reached": flown.reached,
        "landed": flown.landed,
        "safety_events": robot.find_guards(),
        "goals": [_describe(report) for report in flown.reports],
    }
    return write_figures(path, document, "untether fly", console)


def _describe(report: "GoalReport") -> dict[str, object]:
    """Return a report's fields; JSON has no word for what was not measured but null."""
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in asdict(report).items()
    }


def _show(robot: "FlightClient", flown: "LegsFlown", console: "Console") -> None:
    """Print how each goal went, why the flight ended, and what the safety stage did."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"flight of {robot.policy.name if robot.policy else 'nothing'}")
    for title in ("", "goal [m]", "reached", "time [s]", "final [m]", "mean [m]", "inference [µs]"):
        table.add_column(title, justify="left" if title == "goal [m]" else "right")
    for index, (leg, report) in enumerate(zip(flown.legs, flown.reports, strict=False)):
        table.add_row(
            f"{index + 1}",
            f"{leg.task.name.lower()} " + ", ".join(f"{value:.2f}" for value in leg.goal),
            Text("yes", style="green") if report.reached else Text("no", style="red"),
            f"{report.duration:.2f}",
            f"{report.final_distance:.3f}",
            f"{report.mean_error:.3f}",
            f"{1e6 * report.inference_p50:.0f} / {1e6 * report.inference_p99:.0f}",
        )
    console.print(table)
    for report in flown.reports:
        if not report.reached:
            console.print(f"code {report.error_code}: {report.message}")
    if flown.problem:
        console.print(f"untether fly: {flown.problem}", style="red")
    if flown.interrupted:
        ending = "landed" if flown.landed else "still landing, by itself"
        console.print(f"untether fly: interrupted; {ending}", style="yellow")
    guards = ", ".join(robot.find_guards()) or "none"
    console.print(f"{flown.reached} of {len(flown.legs)} reached; safety events: {guards}")
