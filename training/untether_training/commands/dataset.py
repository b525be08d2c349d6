"""Check a dataset of demonstrations, or make one from a recording."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from untether_policies.terminal import open_console, print_error, print_passed

if TYPE_CHECKING:
    from rich.console import Console

_SOUND, _REFUSED, _BAD_INPUT = 0, 1, 2
_SHOWN = 10  # problems of one check that are printed


def main(argv: Sequence[str]) -> int:
    """Do what the first argument says.

    Returns:
        0 when the dataset is sound, 1 when it is refused, 2 when there is none or for wrong
        arguments.
    """
    parser = argparse.ArgumentParser(
        prog="untether dataset",
        description="Datasets of demonstrations and corrections, as LeRobotDataset v3.",
        epilog="exit status: 0 sound, 1 refused, 2 no such dataset or wrong arguments",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check",
        help="check files, counts, times, values, statistics, videos and tasks",
        description="Check a dataset with all its frames and pictures.",
    )
    check.add_argument("folder", type=Path, help="the one with meta, data and videos")
    arguments = parser.parse_args(argv)
    return _check(arguments.folder, open_console())


def _check(folder: Path, console: "Console") -> int:
    from untether_training.datasets.checker import check_dataset
    from untether_training.datasets.errors import DatasetError
    from untether_training.datasets.layout import INFO

    try:
        findings = check_dataset(folder)
    except DatasetError as error:
        print_error(console, error)
        return _REFUSED if (folder / INFO).is_file() else _BAD_INPUT
    for finding in findings:
        if not finding.problems:
            print_passed(console, finding.name, finding.detail)
        for problem in finding.problems[:_SHOWN]:
            print_error(console, problem)
        if len(finding.problems) > _SHOWN:
            console.print(f"  and {len(finding.problems) - _SHOWN} more of {finding.name}")
    sound = not any(finding.problems for finding in findings)
    style = "bold green" if sound else "bold red"
    console.print(f"{folder}: {'sound' if sound else 'refused'}", style=style, soft_wrap=True)
    return _SOUND if sound else _REFUSED
