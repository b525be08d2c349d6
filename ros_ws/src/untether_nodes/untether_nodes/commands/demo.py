"""Train a policy, check it, launch the ROS 2 graph, fly 20 waypoints, and land."""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from untether_nodes import option_types

if TYPE_CHECKING:
    from rich.console import Console

    from untether_nodes.demo_flight import DemoFlight

_TOUR_SEED = 2026
_Result = TypeVar("_Result")


class DemoError(Exception):
    """A stage that failed: one clear line."""


@dataclass(frozen=True)
class Stage:
    """A part of the demo that has ended.

    Attributes:
        title: What was done.
        duration: [s].
    """

    title: str
    duration: float


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Args:
        argv: Its arguments.

    Returns:
        0 when the policy is sound, every waypoint was reached and the robot landed without a fault,
        else 1; 130 after Ctrl-C.
    """
    options = _parse(argv)
    from untether_nodes.flight_console import open_flight_console
    from untether_nodes.stop_request import StopRequest

    console = open_flight_console()
    try:
        with StopRequest(at_once=True):
            _run(options, console)
    except DemoError as error:
        console.print(f"untether demo: {error}", style="bold red")
        return 1
    except KeyboardInterrupt:
        console.print("untether demo: interrupted", style="yellow")
        return 130
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="untether demo",
        description="From nothing to a flight: train, export, check, launch, fly, land.",
    )
    parser.add_argument(
        "--policy", help="fly this bundle, or this one of the zoo, instead of training one"
    )
    parser.add_argument(
        "--waypoints", type=option_types.count, default=20, metavar="N", help="of the tour"
    )
    parser.add_argument("--seed", type=option_types.seed, default=1, help="of the training")
    parser.add_argument(
        "--tour-seed", type=option_types.seed, default=_TOUR_SEED, help="of the waypoints"
    )
    parser.add_argument(
        "--out", type=option_types.output_folder, default="runs/demo", help="folder for results"
    )
    parser.add_argument("--video", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument(
        "--lockstep",
        action="store_true",
        help="simulated time waits for every command: for a computer that is busy",
    )
    return parser.parse_args(argv)


def _run(options: argparse.Namespace, console: "Console") -> None:
    from rich.text import Text

    folder = (options.out / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")).resolve()
    folder.mkdir(parents=True)
    stages: list[Stage] = []

    def stage(title: str, action: Callable[[], _Result]) -> _Result:
        console.rule(Text(f"{len(stages) + 1}. {title}", style="bold"), align="left")
        start = time.monotonic()
        result = action()
        stages.append(Stage(title, time.monotonic() - start))
        return result

    if options.policy is None:
        bundle = stage("Train from scratch", lambda: _train(folder, options.seed))
    else:
        bundle = _find(options.policy)
    stage("Check the bundle", lambda: _check(bundle))
    flight = stage("Launch and fly", lambda: _fly(bundle, folder, options, console))
    pictures = stage("Draw", lambda: _draw(flight, folder, options, console))
    _show(flight, stages, pictures, console)
    if not flight.succeeded:
        raise DemoError(flight.describe_failure())
    _suggest(bundle, console)


def _train(folder: Path, seed: int) -> Path:
    from untether_nodes.graph_process import run_untether

    runs = folder / "training"
    overrides = ("task=waypoint", f"seed={seed}", f"runs={runs}", "export.video=false")
    status = run_untether("train", *overrides)
    bundles = sorted(path.parent for path in runs.glob("*/*/*/contract.yaml"))
    if status != 0 or not bundles:
        raise DemoError(f"training failed with status {status}; its output is above")
    return bundles[-1]


def _find(policy: str) -> Path:
    from untether_policies.errors import BundleError
    from untether_policies.zoo import resolve_bundle

    try:
        return resolve_bundle(policy)
    except BundleError as error:
        raise DemoError(f"--policy: {error}") from error


def _check(bundle: Path) -> None:
    from untether_nodes.graph_process import run_untether

    if run_untether("check", str(bundle)) != 0:
        raise DemoError(f"the bundle {bundle} is not sound; the failed check is above")


def _fly(
    bundle: Path, folder: Path, options: argparse.Namespace, console: "Console"
) -> "DemoFlight":
    from untether_nodes.client import FlightClientError
    from untether_nodes.demo_flight import fly_tour
    from untether_nodes.graph_process import GraphProcess, isolate_ros
    from untether_nodes.tour import random_tour

    console.print(f"ROS 2: {isolate_ros()}")
    arguments = {
        "policy": str(bundle.resolve()),
        "lockstep": str(options.lockstep).lower(),
        "record": "true",
        "record_folder": str(folder),
        "record_name": "recording",
    }
    tour = random_tour(options.waypoints, options.tour_seed)
    with GraphProcess("crazyflie", arguments, folder / "nodes.log") as graph:
        try:
            return fly_tour(tour, console)
        except FlightClientError as error:
            raise DemoError(f"{error}\nThe nodes said:\n{graph.read_log_tail()}") from error


def _draw(
    flight: "DemoFlight", folder: Path, options: argparse.Namespace, console: "Console"
) -> dict[str, Path]:
    """Write picture, video and data of the flight; return their paths by name."""
    from untether_hardware.crazyflie.plot import plot_flight
    from untether_hardware.crazyflie.video import VideoUnavailableError, render_flight

    paths = {"flight": flight.record.save(folder / "flight.npz")}
    with console.status("drawing the picture"):
        paths["picture"] = plot_flight(flight.record, folder / "flight.png")
    if options.video:
        try:
            with console.status("rendering the video"):
                paths["video"] = render_flight(flight.record, folder / "flight.mp4")
        except VideoUnavailableError as error:
            console.print(f"no video: {error}", style="yellow")
    recording = folder / "recording" / "recording_0.mcap"
    if recording.exists():
        paths["recording"] = recording
    return paths


def _show(
    flight: "DemoFlight", stages: list[Stage], paths: dict[str, Path], console: "Console"
) -> None:
    from rich.table import Table

    table = Table(title="The flight", show_header=False)
    for name, value in flight.describe().items():
        table.add_row(name, value)
    for stage in stages:
        table.add_row(f"time: {stage.title.lower()}", f"{stage.duration:.0f} s")
    table.add_row("time: all", f"{sum(stage.duration for stage in stages):.0f} s")
    console.print(table)
    for name, path in paths.items():
        console.print(f"{name:>10}: {path}", soft_wrap=True)


def _suggest(bundle: Path, console: "Console") -> None:
    from rich.text import Text

    console.rule(Text("What to try next", style="bold"), align="left")
    for text in (
        f"untether show {bundle}",
        f"untether eval {bundle}",
        f"untether launch crazyflie policy:={bundle}    and in a second terminal",
        "untether fly --waypoints 5",
        "untether train task=hover    (recovers from a throw)",
        "open the recording in Foxglove",
    ):
        console.print(f"  {text}", soft_wrap=True)
