"""Watch and command robots in a browser."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from untether_nodes import option_types

if TYPE_CHECKING:
    from socket import socket

_PORT = 8080
_MOST_PORTS = 65535


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Args:
        argv: Its arguments.

    Returns:
        0 when it was told to end, 1 when it could not start; 2 when the arguments are wrong.
    """
    options = _parse(argv)
    from untether_nodes.console.access_token import read_token, require_token
    from untether_nodes.console.errors import ConsoleError
    from untether_nodes.console.listener import is_loopback, open_listener
    from untether_nodes.ros_session import RosError

    try:
        token = read_token(options.token_file)
        require_token(options.host, loopback=is_loopback(options.host), token=token)
        with open_listener(options.host, options.port) as listener:
            return _serve(options, token, listener)
    except (ConsoleError, RosError) as error:
        print(f"untether console: {error}", file=sys.stderr)
        return 1


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="untether console",
        description="Watch and command a swarm or an arm in a browser. Ctrl-C ends the console; "
        "the robots stay as they are.",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; one that other computers reach needs a token",
    )
    parser.add_argument("--port", type=_port, default=_PORT, help="0 takes a free one")
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="PATH",
        help="file with the token that browsers have to show; or set UNTETHER_CONSOLE_TOKEN",
    )
    parser.add_argument(
        "--namespace", type=option_types.namespace, default="/", help="the swarm's namespace"
    )
    parser.add_argument(
        "--arm-namespace",
        type=option_types.namespace,
        default="franka",
        help="the arm's namespace (default franka)",
    )
    parser.add_argument(
        "--datasets",
        type=Path,
        default=Path("runs"),
        metavar="FOLDER",
        help="folder below which datasets are shown (default runs)",
    )
    return parser.parse_args(argv)


def _port(text: str) -> int:
    """Return the number of a port."""
    if not (text.isdecimal() and int(text) <= _MOST_PORTS):
        raise argparse.ArgumentTypeError(f"expected a port from 0 to {_MOST_PORTS}, got {text!r}")
    return int(text)


def _serve(options: argparse.Namespace, token: str | None, listener: "socket") -> int:
    """Serve the console until it is told to end."""
    from untether_nodes.console.arm_page import ArmServices
    from untether_nodes.console.arm_pilot import ArmPilot
    from untether_nodes.console.arm_watch import ArmWatch
    from untether_nodes.console.dataset_library import DatasetLibrary
    from untether_nodes.console.dataset_page import DatasetServices
    from untether_nodes.console.event_log import EventLog, Severity
    from untether_nodes.console.helm import Helm
    from untether_nodes.console.ros_thread import RosThread
    from untether_nodes.console.server import make_server
    from untether_nodes.console.swarm_page import SwarmServices
    from untether_nodes.console.swarm_pilot import SwarmPilot
    from untether_nodes.console.swarm_watch import SwarmWatch
    from untether_nodes.ros_session import start_ros
    from untether_nodes.stop_request import StopRequest

    log = EventLog()

    def tell_error(text: str) -> None:
        print(f"untether console: unexpected error:\n{text}", file=sys.stderr)
        reason = text.strip().splitlines()[-1]
        log.add(Severity.ERROR, f"unexpected error in the console: {reason}", key="error")

    with StopRequest() as stop:
        start_ros([])
        ros = RosThread("console", options.namespace, tell_error)
        try:
            watch = SwarmWatch(ros, log)
            pilot = SwarmPilot(ros, watch, log)
            ros.add(watch)
            ros.add(pilot)
            helm = Helm()
            services = SwarmServices(watch, pilot, helm, log)
            arm_namespace = f"/{options.arm_namespace.strip('/')}"
            arm_watch = ArmWatch(ros, arm_namespace, log)
            arm_pilot = ArmPilot(ros, arm_namespace, arm_watch, log)
            ros.add(arm_watch)
            ros.add(arm_pilot)
            arm = ArmServices(arm_watch, arm_pilot, helm, log)
            datasets = DatasetServices(DatasetLibrary(options.datasets), helm, log)
            host, port = listener.getsockname()[:2]
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            server = make_server(
                services,
                arm,
                datasets,
                token,
                (options.host,),
                ready=lambda: print(f"console at {url} (Ctrl-C ends it)", flush=True),
                stopped=lambda: stop.requested,
            )
            ros.start()
            server.run(sockets=[listener])
        finally:
            ros.close()
    return 0
