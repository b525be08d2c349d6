"""Draw the learning curves of several runs of an arm into one picture."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from untether_policies.output_file import output_file

_DONE, _BAD_INPUT = 0, 2


def main(argv: Sequence[str]) -> int:
    """Draw them.

    Returns:
        0 when done, 2 when a run cannot be read or for wrong arguments.
    """
    parser = argparse.ArgumentParser(
        prog="untether curves",
        description="Draw success and corrections over the actions of several runs of an arm into "
        "one picture, one column a task.",
    )
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="[NAME=]RUN",
        help="folder of a run, and how it is called; runs of one name have one colour",
    )
    parser.add_argument("--out", type=output_file, required=True, metavar="PNG", help="the picture")
    options = parser.parse_args(argv)

    from untether_policies.terminal import open_console
    from untether_training.conf.validation import ConfigError
    from untether_training.interactive.comparison import NamedRun, plot_runs

    try:
        runs = [NamedRun.load(*_split(run)) for run in options.runs]
    except ConfigError as error:
        open_console().print(str(error), style="red", soft_wrap=True)
        return _BAD_INPUT
    plot_runs(runs, options.out)
    return _DONE


def _split(run: str) -> tuple[str, Path]:
    """Return a run's name and folder."""
    name, found, folder = run.rpartition("=")
    return (name, Path(folder)) if found else (run, Path(run))
