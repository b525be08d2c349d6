"""Start the processes of a ROS 2 XML launch file."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from untether_nodes.launcher.argument import parse_assignments
from untether_nodes.launcher.declaration import all_arguments
from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.interpreter import plan_launch
from untether_nodes.launcher.launch_file import find_launch_file
from untether_nodes.launcher.paths import absolute_path
from untether_nodes.launcher.render import render_arguments, render_plan
from untether_nodes.launcher.screen import terminal_screen
from untether_nodes.launcher.supervisor import Supervisor

USAGE_ERROR = 2
"""Exit status when nothing was started because of the launch file or its arguments."""


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Args:
        argv: Its arguments.

    Returns:
        0 when all processes ended well or after Ctrl-C, 1 when one failed, 2 when the launch file
        or its arguments are wrong and nothing was started.
    """
    options = _parse(argv)
    try:
        return _run(options)
    except LaunchError as error:
        print(f"untether launch: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:  # before the first process or after the last; else an orderly end
        return 130


def _run(options: argparse.Namespace) -> int:
    environment = dict(os.environ)
    if options.show_all_subprocesses_output:
        environment["OVERRIDE_LAUNCH_PROCESS_OUTPUT"] = "both"
    given = parse_assignments([word for word in options.words if ":=" in word])
    file = find_launch_file([word for word in options.words if ":=" not in word], environment)
    if options.show_args:
        print(render_arguments(all_arguments(file, given, environment)))
        return 0
    log_directory = absolute_path(options.log_dir) if options.log_dir else None
    plan = plan_launch(file, given, environment, log_directory)
    if options.print:
        for warning in plan.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        print(render_plan(plan, environment))
        return 0
    screen = terminal_screen(log_directory)
    try:
        for text in (*(f"WARNING: {warning}" for warning in plan.warnings), *plan.messages):
            screen.say(text)
        return Supervisor(plan, screen, is_verbose=options.debug).run()
    finally:
        screen.close()


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="untether launch",
        description="Start the processes of a ROS 2 XML launch file. Ctrl-C ends them in order.",
        usage="%(prog)s [options] (FILE | PACKAGE FILE | NAME) [ARGUMENT:=VALUE ...]",
    )
    parser.add_argument(
        "words",
        nargs="+",
        metavar="FILE",
        help="path of a launch file, or a package and the name of its launch file, or the name of "
        "one of this project's, such as crazyflie; then arguments",
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "-s", "--show-args", action="store_true", help="list the launch file's arguments and stop"
    )
    shown.add_argument(
        "-p", "--print", action="store_true", help="show the processes that would start and stop"
    )
    parser.add_argument(
        "-d", "--debug", action="store_true", help="tell about every command and signal"
    )
    parser.add_argument(
        "-a",
        "--show-all-subprocesses-output",
        action="store_true",
        help="show all output, whatever the launch file says",
    )
    parser.add_argument(
        "--log-dir", type=Path, help="also write launch.log and the logs of the processes there"
    )
    return parser.parse_intermixed_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
