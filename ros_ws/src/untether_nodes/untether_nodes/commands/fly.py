"""Arm a robot, fly it to waypoints with its policy, land it, and tell how it went."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from untether_interfaces.action import RunPolicy

    from untether_nodes.client import FlightClient, OnFeedback
    from untether_nodes.goal_report import GoalReport

_WAYPOINTS = 5
_HOVER_TIME = 10.0  # [s]
_FIGURE_TIME = 24.0  # [s] three laps
_CENTRE = (0.0, 0.0, 1.0)  # [m] map


@dataclass(frozen=True)
class Leg:
    """One goal of a flight.

    Attributes:
        task: Name of a ``Task``.
        goal: (3,) [m] map.
        duration: Of a hover or a figure eight [s].
    """

    task: str
    goal: tuple[float, float, float]
    duration: float = 0.0


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Args:
        argv: Its arguments.

    Returns:
        0 when every goal was reached and the robot landed, else 1; 2 when the arguments are wrong.
    """
    options = _parse(argv)
    from rich.console import Console

    from untether_nodes.client import FlightClient, FlightClientError
    from untether_nodes.stop_request import StopRequest

    console = Console()
    legs = _plan(options)
    reports: list[GoalReport] = []
    with StopRequest() as stop, FlightClient(options.namespace, on_tick=stop.check) as robot:
        try:
            robot.wait_until_ready(options.timeout)
            robot.arm()
            _fly(robot, legs, reports, console)
        except FlightClientError as error:
            console.print(f"untether fly: {error}", style="red", markup=False)
        except KeyboardInterrupt:
            console.print("untether fly: interrupted: landing", style="yellow")
        complete = len(reports) == len(legs) and all(report.reached for report in reports)
        landed = _land(robot, console) if options.land or not complete else True
        _show(robot, legs, reports, console)
        if options.json is not None:
            _write(options.json, robot, reports, landed=landed)
    return 0 if complete and landed else 1


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="untether fly",
        description="Arm a robot that has been launched, fly it, land it. Ctrl-C lands, too.",
    )
    parser.add_argument("--namespace", default="cf1", help="the robot's namespace")
    task = parser.add_mutually_exclusive_group()
    task.add_argument(
        "--waypoints", type=int, metavar="N", help=f"fly to random ones (default: {_WAYPOINTS})"
    )
    task.add_argument(
        "--to",
        type=float,
        nargs=3,
        action="append",
        metavar=("X", "Y", "Z"),
        help="fly to a point [m] in frame map; may be repeated",
    )
    task.add_argument(
        "--hover",
        type=float,
        nargs="?",
        const=_HOVER_TIME,
        metavar="SECONDS",
        help="hover 1 m high",
    )
    task.add_argument(
        "--figure-eight",
        type=float,
        nargs="?",
        const=_FIGURE_TIME,
        metavar="SECONDS",
        help="fly a figure eight 1 m high",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random waypoints")
    parser.add_argument(
        "--land",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="land at the end; a flight that failed is landed in any case",
    )
    parser.add_argument("--timeout", type=float, default=30.0, help="to find the robot [s]")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the figures to a file")
    options = parser.parse_args(argv)
    if options.waypoints is not None and options.waypoints < 1:
        parser.error(f"--waypoints: expected at least 1, got {options.waypoints}")
    return options


def _plan(options: argparse.Namespace) -> list[Leg]:
    """Return the goals that are asked for."""
    from untether_nodes.tour import random_tour

    if options.hover is not None:
        return [Leg("HOVER", _CENTRE, options.hover)]
    if options.figure_eight is not None:
        return [Leg("POSITION", _CENTRE), Leg("FIGURE_EIGHT", _CENTRE, options.figure_eight)]
    if options.to:
        return [Leg("POSITION", (x, y, z)) for x, y, z in options.to]
    count = _WAYPOINTS if options.waypoints is None else options.waypoints
    return [Leg("POSITION", goal) for goal in random_tour(count, options.seed)]


def _fly(
    robot: "FlightClient", legs: list[Leg], reports: "list[GoalReport]", console: "Console"
) -> None:
    """Fly one leg after the other, until one ends with the policy out of command."""
    from untether_hardware.safety import Mode

    with console.status("taking off") as status:
        for index, leg in enumerate(legs):
            title = f"{leg.task} {index + 1} of {len(legs)}"

            def show(feedback: "RunPolicy.Feedback", title: str = title) -> None:
                status.update(f"{title}: {feedback.elapsed:.1f} s, {feedback.distance:.2f} m to go")

            if robot.log is not None:
                robot.log.goal_index = index
            reports.append(_fly_leg(robot, leg, show))
            if robot.mode is not Mode.POLICY:
                return


def _fly_leg(robot: "FlightClient", leg: Leg, show: "OnFeedback") -> "GoalReport":
    if leg.task == "HOVER":
        return robot.hover(leg.goal, leg.duration, on_feedback=show)
    if leg.task == "FIGURE_EIGHT":
        return robot.figure_eight(leg.goal, leg.duration, on_feedback=show)
    return robot.fly_to(leg.goal, on_feedback=show)


def _land(robot: "FlightClient", console: "Console") -> bool:
    """Land, whatever happened; return whether the robot stands on the floor without a fault."""
    from untether_nodes.client import FlightClientError

    try:
        with console.status("landing"):
            return robot.land()
    except FlightClientError as error:
        console.print(f"untether fly: {error}", style="red", markup=False)
    except KeyboardInterrupt:
        console.print("untether fly: still landing, by itself", style="yellow")
    return False


def _show(
    robot: "FlightClient", legs: list[Leg], reports: "list[GoalReport]", console: "Console"
) -> None:
    """Print how each goal went, and what the safety stage did."""
    from rich.table import Table

    table = Table(title=f"flight of {robot.policy.name if robot.policy else 'nothing'}")
    for title in ("", "goal [m]", "reached", "time [s]", "final [m]", "mean [m]", "inference [µs]"):
        table.add_column(title, justify="left" if title == "goal [m]" else "right")
    for index, (leg, report) in enumerate(zip(legs, reports, strict=False)):
        table.add_row(
            f"{index + 1}",
            f"{leg.task.lower()} " + ", ".join(f"{value:.2f}" for value in leg.goal),
            "[green]yes" if report.reached else "[red]no",
            f"{report.duration:.2f}",
            f"{report.final_distance:.3f}",
            f"{report.mean_error:.3f}",
            f"{1e6 * report.inference_p50:.0f} / {1e6 * report.inference_p99:.0f}",
        )
    console.print(table)
    for report in reports:
        if not report.reached:
            console.print(f"code {report.error_code}: {report.message}", markup=False)
    reached = sum(report.reached for report in reports)
    guards = ", ".join(robot.find_guards()) or "none"
    console.print(f"{reached} of {len(legs)} reached; safety events: {guards}", markup=False)


def _write(path: Path, robot: "FlightClient", reports: "list[GoalReport]", *, landed: bool) -> None:
    """Write the figures as JSON."""
    policy = robot.policy
    document = {
        "policy": policy.name if policy else None,
        "sha256": policy.sha256 if policy else None,
        "reached": sum(report.reached for report in reports),
        "landed": landed,
        "safety_events": robot.find_guards(),
        "goals": [asdict(report) for report in reports],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
