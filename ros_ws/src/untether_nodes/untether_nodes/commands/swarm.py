"""Fly a launched swarm through a scenario and land it, or measure it over many episodes."""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from untether_nodes import option_types
from untether_policies.output_file import output_file

if TYPE_CHECKING:
    from rich.console import Console
    from untether_interfaces.msg import PolicyStatus

    from untether_nodes.swarm.client import SwarmClient
    from untether_nodes.swarm.episodes import Episode
    from untether_nodes.swarm.flight import ScenarioFlown

_SCENARIOS = ("random", "shared", "swap", "pursuit", "jump", "home")
_EPISODE_OPTIONS = {"drones": 8, "density": 0.2, "size": 0.6, "policy": None, "json": None}
# Episodes measure the policy and not how busy the computer is.
_PATIENCE = {
    "swarm_sim_node": {"lockstep_timeout": 10.0},
    "swarm_safety_node": {
        "command_late": 0.2,
        "command_timeout": 0.5,
        "command_max_age": 0.3,
        "state_timeout": 0.5,
        "state_max_age": 0.3,
        "stall_timeout": 1.0,
    },
}
_START_TIMEOUT = 60.0  # [s] for a graph of its own


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Args:
        argv: Its arguments.

    Returns:
        0 when every drone arrived, none was lost and all landed, or all episodes were flown; else
        1; 2 when the arguments are wrong; 130 after Ctrl-C.
    """
    options = _parse(argv)
    from untether_nodes.flight_console import open_flight_console
    from untether_nodes.graph_client import FlightClientError

    console = open_flight_console()
    try:
        succeeded = (_measure if options.episodes else _fly)(options, console)
    except FlightClientError as error:
        console.print(f"untether swarm: {error}", style="red")
        return 1
    except KeyboardInterrupt:
        console.print("untether swarm: interrupted", style="yellow")
        return 130
    return 0 if succeeded else 1


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="untether swarm",
        description="Take a launched swarm off, fly it through a scenario, bring it home, land it. "
        "Ctrl-C lands, too. With --episodes, launch a simulated one in lockstep and measure it.",
    )
    parser.add_argument("--seed", type=option_types.seed, help="of all draws (0; episodes: 1000)")
    flight = parser.add_argument_group("a flight of a launched swarm")
    flight.add_argument("--namespace", type=option_types.namespace, default="/", help="the swarm's")
    flight.add_argument("--scenario", choices=_SCENARIOS, default="random")
    flight.add_argument(
        "--duration", type=option_types.seconds, default=15.0, help="of the scenario [s]"
    )
    flight.add_argument(
        "--height", type=option_types.coordinate, default=1.5, help="of the take-off [m]"
    )
    flight.add_argument(
        "--land",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="fly home and land at the end; a flight that failed is landed in any case",
    )
    flight.add_argument(
        "--timeout", type=option_types.seconds, default=30.0, help="to find the swarm [s]"
    )
    episodes = parser.add_argument_group("episodes of a simulated swarm")
    episodes.add_argument(
        "--episodes", type=option_types.count, metavar="N", help="half with goals of their own"
    )
    episodes.add_argument("--drones", type=option_types.count, help="how many (8)")
    episodes.add_argument(
        "--density", type=_between(0.0, 0.95), help="share of the cells with a column (0.2)"
    )
    episodes.add_argument(
        "--size", type=_between(0.05, 1.0), help="diameter of the columns (0.6) [m]"
    )
    episodes.add_argument("--policy", help="bundle to fly (crazyflie_swarm)")
    episodes.add_argument("--json", type=output_file, metavar="PATH", help="write the figures")
    options = parser.parse_args(argv)
    for name, default in _EPISODE_OPTIONS.items():
        if getattr(options, name) is None:
            setattr(options, name, default)
        elif not options.episodes:
            parser.error(f"--{name} needs --episodes; a launched swarm has its own")
    if options.seed is None:
        options.seed = 1000 if options.episodes else 0
    return options


def _between(lower: float, upper: float) -> Callable[[str], float]:
    """Return the type of an option that is a number within limits."""

    def number(text: str) -> float:
        value = option_types.coordinate(text)
        if not lower <= value <= upper:
            raise argparse.ArgumentTypeError(f"expected {lower} to {upper}, got {text!r}")
        return value

    return number


def _fly(options: argparse.Namespace, console: "Console") -> bool:
    """Fly a launched swarm; return whether all went well."""
    from untether_nodes.stop_request import StopRequest
    from untether_nodes.swarm.client import SwarmClient
    from untether_nodes.swarm.flight import fly_scenario
    from untether_nodes.swarm.scenario import Scenario

    with (
        StopRequest() as stop,
        SwarmClient(options.namespace, on_tick=stop.check) as swarm,
        console.status("waiting for the swarm") as line,
    ):
        swarm.wait_until_ready(options.timeout)
        flight = fly_scenario(
            swarm,
            Scenario[options.scenario.upper()],
            height=options.height,
            duration=options.duration,
            seed=options.seed,
            land=options.land,
            tell=line.update,
        )
        line.stop()
        _show_flight(swarm, flight, console)
    if flight.interrupted:
        raise KeyboardInterrupt
    return flight.succeeded


def _show_flight(swarm: "SwarmClient", flight: "ScenarioFlown", console: "Console") -> None:
    """Print how each drone fared, and why the flight ended."""
    from rich.table import Table
    from rich.text import Text

    result = flight.result
    table = Table(title=f"flight of {swarm.policy.name if swarm.policy else 'nothing'}")
    for title in ("drone", "arrived", "final [m]", "now"):
        table.add_column(title, justify="right" if title == "final [m]" else "left")
    rows = (
        []
        if result is None
        else zip(result.drones, result.arrived, result.lost, result.final_distance, strict=True)
    )
    for name, arrived, lost, distance in rows:
        verdict = "lost" if lost else "yes" if arrived else "no"
        style = "green" if arrived and not lost else "red"
        now = f"{swarm.modes[name].name}: {swarm.reasons[name]}"
        table.add_row(name, Text(verdict, style=style), f"{distance:.2f}", now)
    for name, reason in (flight.grounded or {}).items():
        table.add_row(name, Text("not flown", style="red"), "-", reason)
    console.print(table)
    if result is not None and result.error_code != 0:
        console.print(f"code {result.error_code}: {result.error_msg}")
    if result is not None and result.ticks:
        times = f"{1e3 * result.inference_p50:.2f} / {1e3 * result.inference_p99:.2f} ms"
        console.print(f"inference for all drones, p50 / p99: {times}")
    if flight.problem:
        console.print(f"untether swarm: {flight.problem}", style="red")
    if flight.landed is not None:
        console.print("all landed" if flight.landed else "not all landed without a fault")


def _measure(options: argparse.Namespace, console: "Console") -> bool:
    """Fly episodes in a graph of its own; return whether all were flown.

    Raises:
        KeyboardInterrupt: After Ctrl-C, when the figures so far have been told.
    """
    from untether_nodes.graph_client import FlightClientError
    from untether_nodes.graph_process import GraphProcess, isolate_ros
    from untether_nodes.stop_request import StopRequest
    from untether_nodes.swarm.client import SwarmClient
    from untether_nodes.swarm.episodes import Course, fly_episodes

    isolate_ros()
    flown: list[Episode] = []
    interrupted = False
    with (
        tempfile.TemporaryDirectory() as folder,
        GraphProcess("swarm", _arrange(options, Path(folder)), Path(folder) / "nodes.log") as graph,
        StopRequest() as stop,
        SwarmClient(on_tick=stop.check) as swarm,
        console.status("waiting for the nodes") as line,
    ):
        try:
            swarm.wait_until_ready(_START_TIMEOUT)
            course = Course(options.density, options.size)
            for episode in fly_episodes(swarm, options.episodes, course, options.seed):
                flown.append(episode)
                line.update(f"episode {len(flown)} of {options.episodes}")
                console.print(_describe_episode(len(flown), episode), soft_wrap=True)
        except FlightClientError as error:
            console.print(f"untether swarm: {error}", style="red")
            console.print(f"The nodes said:\n{graph.read_log_tail()}", soft_wrap=True)
        except KeyboardInterrupt:
            interrupted = True
    reported = _report(options, swarm.policy, flown, console)
    if interrupted:
        raise KeyboardInterrupt
    return reported and len(flown) == options.episodes


def _arrange(options: argparse.Namespace, folder: Path) -> dict[str, str]:
    """Return the launch arguments of a graph that waits for a busy computer."""
    document = {f"/**/{node}": {"ros__parameters": one} for node, one in _PATIENCE.items()}
    parameters = folder / "parameters.yaml"
    parameters.write_text(json.dumps(document))  # JSON is YAML, too
    arguments = {
        "drones": str(options.drones),
        "density": str(options.density),
        "size": str(options.size),
        "lockstep": "true",
        "params_file": str(parameters),
    }
    if options.policy is not None:
        path = Path(options.policy)
        arguments["policy"] = str(path.resolve()) if path.exists() else options.policy
    return arguments


def _describe_episode(number: int, episode: "Episode") -> str:
    outcome = episode.outcome
    return (
        f"{number:4d} {episode.scenario.name.lower():7s} seed {episode.seed:10d}: "
        f"{outcome.succeeded.sum()} of {len(outcome.arrived)} succeeded, "
        f"{outcome.collided.sum()} collided, {outcome.stuck.sum()} stuck"
        + ("" if episode.code == 0 else f"; run ended with code {episode.code}")
    )


def _report(
    options: argparse.Namespace,
    policy: "PolicyStatus | None",
    flown: "list[Episode]",
    console: "Console",
) -> bool:
    """Print and write the figures; return whether there are any and they were written."""
    from rich.console import Console
    from rich.table import Table

    from untether_nodes.flight_console import write_figures
    from untether_nodes.swarm.figures import TITLES, SwarmFigures

    if not flown or policy is None:
        return False
    condition = f"{options.drones} drones, {options.density:.0%} of {options.size:g} m"
    parts = {condition: flown}
    for scenario in dict.fromkeys(episode.scenario for episode in flown):
        chosen = [episode for episode in flown if episode.scenario is scenario]
        parts[f"{condition}, {scenario.name.lower()}"] = chosen
    figures = [SwarmFigures.of(name, episodes) for name, episodes in parts.items()]
    table = Table(title=f"{policy.name} through the nodes, seed {options.seed}", box=None)
    for title in TITLES:
        table.add_column(title, justify="left" if title == TITLES[0] else "right", no_wrap=True)
    for row in figures:
        table.add_row(*row.cells())
    wide = Console(file=console.file, highlight=False, markup=False, width=max(console.width, 140))
    wide.print(table)
    console.print("| " + " | ".join(figures[0].cells()) + " |", soft_wrap=True)
    if options.json is None:
        return True
    document = {
        "bundle": policy.name,
        "contract_sha256": policy.sha256,
        "drones": options.drones,
        "density": options.density,
        "size": options.size,
        "seed": options.seed,
        "rows": [row.describe() for row in figures],
        "episodes": [episode.describe() for episode in flown],
    }
    return write_figures(options.json, document, "untether swarm", console)
