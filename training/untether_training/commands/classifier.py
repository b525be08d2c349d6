"""Record, train and judge a classifier of success from pictures."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from untether_policies.terminal import open_console

if TYPE_CHECKING:
    from untether_training.success_classifier.report import Proportion

_DONE = 0


def main(argv: Sequence[str]) -> int:
    """Do what the first argument says.

    Returns:
        0 when it is done; what does not fit is raised.

    Raises:
        BundleError: When a recording or a classifier does not fit.
        OSError: When a file cannot be read or written.
    """
    parser = argparse.ArgumentParser(
        prog="untether classifier",
        description="Classifiers that tell from the cameras' pictures whether a task is done.",
        epilog="exit status: 0 done, 2 refused, or wrong arguments",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_record(commands)
    train = commands.add_parser(
        "train",
        help="train on a recording",
        description="Train on a recording; a quarter of its episodes sets the threshold.",
    )
    train.add_argument("folder", type=Path, help="the recording, a LeRobotDataset v3")
    train.add_argument("out", type=Path, help="the file to write, .npz")
    train.add_argument("--steps", type=_count, default=400, help="batches (default: %(default)s)")
    train.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    report = commands.add_parser(
        "report",
        help="measure on another recording",
        description="Measure how well a classifier judges a recording that it has not seen.",
    )
    report.add_argument("classifier", type=Path, help="the file that train wrote")
    report.add_argument("folder", type=Path, help="the recording, with another seed")
    report.add_argument("--plot", type=Path, metavar="PNG", help="write a reliability diagram")
    arguments = parser.parse_args(argv)
    match arguments.command:
        case "record":
            _record(arguments)
        case "train":
            _train(arguments)
        case _:
            _report(arguments)
    return _DONE


def _add_record(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from untether_hardware.manipulation.registry import TASKS

    record = commands.add_parser(
        "record",
        help="record demonstrations and failures in simulation",
        description="Record demonstrations, disturbed episodes and failures, each frame labelled.",
    )
    record.add_argument("task", choices=tuple(TASKS), help="what is to be done")
    record.add_argument("folder", type=Path, help="a new one")
    record.add_argument(
        "--episodes", type=_count, default=60, help="how many (default: %(default)s)"
    )
    record.add_argument("--seed", type=_seed, default=0, help="default: %(default)s")


def _record(arguments: argparse.Namespace) -> None:
    from untether_training.success_classifier.recorder import record_episodes

    console = open_console()
    frames, successes = [], []

    def count(episode: int, length: int, success: int) -> None:
        frames.append(length)
        successes.append(success)
        console.print(f"episode {episode}: {length} frames, {success} with success")

    record_episodes(
        arguments.task,
        arguments.folder,
        episodes=arguments.episodes,
        seed=arguments.seed,
        on_episode=count,
    )
    console.print(
        f"{arguments.folder}: {len(frames)} episodes, {sum(frames)} frames, "
        f"{sum(successes)} with success",
        soft_wrap=True,
    )


def _train(arguments: argparse.Namespace) -> None:
    from untether_training.success_classifier.trainer import TrainerConfig, train_classifier

    console = open_console()
    config = TrainerConfig(steps=arguments.steps, seed=arguments.seed)
    with console.status("computing features and training"):
        training = train_classifier(arguments.folder, config)
    training.classifier.save(arguments.out)
    facts = training.classifier.facts
    console.print(
        f"trained on {training.frames} frames, {training.successes} with success; "
        f"loss {training.loss:.4f}\n"
        f"threshold {facts.threshold:.3f} and temperature {facts.temperature:.2f} from "
        f"{training.held_out_frames} frames of {training.held_out_episodes} other episodes\n"
        f"wrote {arguments.out}",
        soft_wrap=True,
    )


def _report(arguments: argparse.Namespace) -> None:
    from rich.table import Table

    from untether_training.success_classifier.classifier import SuccessClassifier
    from untether_training.success_classifier.plot import plot_reliability
    from untether_training.success_classifier.report import evaluate_classifier

    console = open_console()
    classifier = SuccessClassifier.load(arguments.classifier)
    with console.status("judging"):
        report = evaluate_classifier(classifier, arguments.folder)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("", "share", "95 %", "count"):
        table.add_column(name, justify="right" if name else "left")
    for name, proportion in (
        ("accuracy of frames", report.accuracy),
        ("precision of frames", report.precision),
        ("recall of frames", report.recall),
        ("frames without success taken for it", report.false_frames),
        ("successful episodes found", report.found),
        ("episodes ended wrongly", report.false_ends),
    ):
        table.add_row(name, *_describe(proportion))
    console.print(table)
    console.print(f"expected calibration error {report.calibration_error:.4f}")
    if arguments.plot is not None:
        facts = classifier.facts
        title = f"{facts.task}: {report.accuracy.total} frames of another recording"
        plot_reliability(report.bins, arguments.plot, title, facts.threshold)
        console.print(f"wrote {arguments.plot}", soft_wrap=True)


def _describe(proportion: "Proportion") -> tuple[str, str, str]:
    """Return share, interval and counts in words."""
    from untether_hardware.interval import wilson_interval

    count, total = proportion.count, proportion.total
    if total == 0:
        return "-", "-", "0 of 0"
    lower, upper = wilson_interval(count, total)
    return (
        f"{100 * count / total:.1f} %",
        f"{100 * lower:.1f} to {100 * upper:.1f}",
        f"{count} of {total}",
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return number


def _seed(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected 0 or a positive number, got {text}")
    return number
