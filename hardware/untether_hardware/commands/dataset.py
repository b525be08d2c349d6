"""Check, show or edit a dataset of demonstrations and corrections."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from untether_policies.errors import explain_os_error
from untether_policies.terminal import open_console, print_error, print_passed

if TYPE_CHECKING:
    from rich.console import Console

_DONE, _REFUSED, _BAD_INPUT = 0, 1, 2
_SHOWN = 10  # problems of one check that are printed


def main(argv: Sequence[str]) -> int:
    """Do what the first argument says.

    Returns:
        0 when it is done, and the dataset is sound; 1 when the dataset or the change is refused;
        2 when there is none or for wrong arguments.
    """
    parser = argparse.ArgumentParser(
        prog="untether dataset",
        description="Datasets of demonstrations and corrections, as LeRobotDataset v3.",
        epilog="exit status: 0 done and sound, 1 refused, 2 no such dataset or wrong arguments",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check",
        help="check files, counts, times, values, statistics, videos and tasks",
        description="Check a dataset with all its frames and pictures.",
    )
    show = commands.add_parser(
        "show",
        help="list the episodes",
        description="List the episodes: task, length, outcome and share of corrected steps.",
    )
    delete = commands.add_parser(
        "delete",
        help="delete episodes",
        description="Delete episodes for good; those after them get smaller numbers. Killed at any "
        "moment, it leaves the dataset as it was or without them.",
    )
    for command in (check, show, delete):
        command.add_argument("folder", type=Path, help="the one with meta, data and videos")
    delete.add_argument("episode", type=int, nargs="+", help="their numbers, as show lists them")
    arguments = parser.parse_args(argv)
    return _run(arguments, open_console())


def _run(arguments: argparse.Namespace, console: "Console") -> int:
    from untether_hardware.datasets.errors import DatasetError
    from untether_hardware.datasets.layout import INFO

    folder: Path = arguments.folder
    try:
        match arguments.command:
            case "check":
                return _check(folder, console)
            case "show":
                return _show(folder, console)
            case _:
                return _delete(folder, arguments.episode, console)
    except DatasetError as error:
        print_error(console, error)
        return _REFUSED if (folder / INFO).is_file() else _BAD_INPUT
    except OSError as error:
        print_error(console, explain_os_error(error, str(folder)))
        return _REFUSED


def _show(folder: Path, console: "Console") -> int:
    from rich.table import Table

    from untether_hardware.datasets.reader import DatasetReader
    from untether_hardware.datasets.summary import summarize

    reader = DatasetReader(folder)
    table = Table("episode", "task", "frames", "seconds", "outcome", "corrected")
    for record in reader.records:
        one = summarize(record, reader.schema.fps)
        facts = (f"{one.length}", f"{one.duration:.1f}", one.outcome.value, f"{one.corrected:.0%}")
        table.add_row(f"{one.index}", Text(one.task), *facts)
    console.print(table)
    counts = f"{reader.episode_count} episodes, {reader.frame_count} frames"
    console.print(f"{folder}: {counts}, {reader.schema.fps} Hz", soft_wrap=True)
    return _DONE


def _delete(folder: Path, episodes: Sequence[int], console: "Console") -> int:
    from untether_hardware.datasets.deletion import delete_episodes

    left = delete_episodes(folder, frozenset(episodes))
    deleted = len(frozenset(episodes))
    text = f"{folder}: {deleted} deleted, {left} left, numbered from 0 again"
    console.print(text, soft_wrap=True)
    return _DONE


def _check(folder: Path, console: "Console") -> int:
    from untether_hardware.datasets.checker import check_dataset

    findings = check_dataset(folder)
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
    return _DONE if sound else _REFUSED
