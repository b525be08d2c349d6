"""Convert the recording of an arm to a dataset of its episodes."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from untether_nodes import option_types
from untether_policies.terminal import open_console, print_error

if TYPE_CHECKING:
    from rich.console import Console

    from untether_nodes.arm.dataset_conversion import Conversion


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Args:
        argv: Its arguments.

    Returns:
        0 when at least one episode was written, else 1; 2 when the arguments are wrong.
    """
    options = _parse(argv)
    from untether_hardware.datasets.errors import DatasetError
    from untether_nodes.arm.dataset_conversion import convert_recording
    from untether_policies.errors import explain_os_error

    console = open_console()
    try:
        conversion = convert_recording(
            options.recording,
            options.dataset,
            task=options.task,
            namespace=options.namespace,
            skip_bad=options.skip_bad_episodes,
        )
    except DatasetError as error:
        print_error(console, error)
        return 1
    except OSError as error:
        print_error(console, explain_os_error(error, str(error.filename or options.dataset)))
        return 1
    _tell(conversion, options.dataset, console)
    return 0 if conversion.episodes else 1


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="untether convert",
        description="Write the episodes of an arm's recording to a LeRobotDataset v3, or append "
        "them to one. Discarded episodes are left out.",
        epilog="exit status: 0 written, 1 refused or nothing to write, 2 wrong arguments",
    )
    parser.add_argument("recording", type=Path, help="folder that the recorder wrote, or its .mcap")
    parser.add_argument("dataset", type=Path, help="folder: new, or a dataset to append to")
    parser.add_argument("--task", default="", help="default: the one that was launched")
    parser.add_argument(
        "--namespace", type=option_types.namespace, help="of the arm; default: the only one"
    )
    parser.add_argument(
        "--skip-bad-episodes",
        action="store_true",
        help="leave out episodes that do not fit, and tell why; default: refuse the recording",
    )
    return parser.parse_args(argv)


def _tell(conversion: "Conversion", dataset: Path, console: "Console") -> None:
    if not conversion.whole:
        console.print(
            f"{conversion.path}: cut off; converted as far as it can be read",
            style="yellow",
            soft_wrap=True,
        )
    for one in conversion.left_out:
        console.print(
            f"episode {one.number}, until {one.stamp:.1f} s, is left out: {one.reason}",
            style="yellow" if one.bad else None,
            soft_wrap=True,
        )
    if conversion.unfinished:
        console.print(
            f"{conversion.unfinished} answers of the policy are left out: the end of their "
            "episode is not recorded",
            style="yellow",
            soft_wrap=True,
        )
    console.print(
        f"{dataset}: {conversion.episodes} episodes of {conversion.task}, "
        f"{conversion.frames} frames written",
        style="bold green" if conversion.episodes else "bold red",
        soft_wrap=True,
    )
