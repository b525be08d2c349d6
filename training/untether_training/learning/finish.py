"""What follows a training: export, evaluation, card, flight, plot, video."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

import untether_policies
from untether_hardware.crazyflie.plot import plot_flight
from untether_hardware.crazyflie.video import VideoUnavailableError, render_flight
from untether_policies.benchmarks.report import find_commit
from untether_policies.bundle import pack_bundle
from untether_policies.folder import ARCHIVE_SUFFIX, write_atomically
from untether_training.evaluation.evaluation import Evaluation
from untether_training.evaluation.evaluator import evaluate_bundle
from untether_training.evaluation.figures_file import write_figures
from untether_training.evaluation.table import print_table, write_card_table
from untether_training.export.bundle import ExportedPolicy, export_policy
from untether_training.export.card import CURVE_PICTURE, write_card
from untether_training.export.showcase import fly_showcase
from untether_training.learning.curve import plot_curve
from untether_training.learning.run_folder import RunFolder
from untether_training.learning.session import IterationReport, TrainingSession


def finish(
    session: TrainingSession,
    folder: RunFolder,
    reports: Sequence[IterationReport],
    console: Console,
) -> Path:
    """Turn a trained session into a bundle, and show how well it flies.

    Args:
        session: Trained; its policy is moved to the CPU.
        folder: Of the run.
        reports: Of all iterations; none when the history was lost, and then there is no curve.
        console: Where to say what is done; it prints text as it is.

    Returns:
        The folder of the bundle.

    Raises:
        BundleError: When the exported graph is not what was trained.
    """
    config = session.config
    name = config.export.name or f"{session.policy.robot}_{config.task.name}"
    pictures = _draw_curve(session, folder, reports, console)
    with console.status("exporting"):
        exported = export_policy(
            session.policy,
            config.task,
            name=name,
            seed=config.seed,
            provenance=_describe_origin(session),
        )
    console.print(f"parity: {exported.parity}", soft_wrap=True)
    bundle = folder.bundle(name)
    card = partial(
        write_card,
        config,
        name,
        steps=session.steps,
        elapsed=session.elapsed,
        last=reports[-1] if reports else None,
        parity=exported.parity,
    )
    exported.write(bundle, card(evaluation=None), pictures)
    evaluation = _evaluate(bundle, session, console)
    write_figures(evaluation, folder.evaluation)
    write_atomically(folder.table, write_card_table(evaluation).encode())
    print_table(console, evaluation)
    text = card(evaluation=evaluation)
    exported.write(bundle, text, pictures)
    pack_bundle(bundle, bundle.with_name(f"{name}{ARCHIVE_SUFFIX}"))
    _show(session, folder, bundle, console)
    if config.export.zoo:
        _copy_to_zoo(exported, text, pictures, console)
    return bundle


def _draw_curve(
    session: TrainingSession,
    folder: RunFolder,
    reports: Sequence[IterationReport],
    console: Console,
) -> dict[str, bytes]:
    """Draw the learning curve, and return the card's pictures by name."""
    if not reports:
        console.print(
            f"no learning curve: expected iterations in {folder.history}, got none. "
            "Fix: none is needed, the bundle is complete without it.",
            style="yellow",
            soft_wrap=True,
        )
        return {}
    config = session.config
    plot_curve(reports, folder.curve, f"{config.task.name}, seed {config.seed}")
    return {CURVE_PICTURE: folder.curve.read_bytes()}


def _describe_origin(session: TrainingSession) -> dict[str, str | int | float]:
    return {
        "seed": session.config.seed,
        "commit": find_commit(),
        "control_steps": session.steps,
        "training_time": round(session.elapsed, 1),
    }


def _evaluate(bundle: Path, session: TrainingSession, console: Console) -> Evaluation:
    """Count successes on starts, goals and drones that training never saw."""
    export = session.config.export
    with console.status("evaluating") as status:
        return evaluate_bundle(
            bundle,
            episodes=export.episodes,
            flights=export.flights,
            task=session.config.task.name,
            on_progress=lambda flown, total: status.update(f"evaluating {flown}/{total}"),
        )


def _show(session: TrainingSession, folder: RunFolder, bundle: Path, console: Console) -> None:
    """Fly once in the deployment simulator, for a plot and a video."""
    config = session.config
    with console.status("flying"):
        flight = fly_showcase(bundle, config.task.name, config.seed)
        plot_flight(flight, folder.plot)
        if not config.export.video:
            return
    try:
        with console.status("rendering"):
            render_flight(flight, folder.video)
    except VideoUnavailableError as error:
        console.print(f"no video: {error}", style="yellow", soft_wrap=True)


def _copy_to_zoo(
    exported: ExportedPolicy, card: str, pictures: dict[str, bytes], console: Console
) -> None:
    zoo = Path(untether_policies.__file__).parents[1] / "zoo" / exported.contract.name
    zoo.parent.mkdir(exist_ok=True)
    exported.write(zoo, card, pictures)
    console.print(f"zoo: {zoo}", soft_wrap=True)
