"""What follows a training: export, evaluation, card, flight, plot, video."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

import untether_policies
from untether_hardware.crazyflie.video import VideoUnavailableError
from untether_policies.benchmarks.report import find_commit
from untether_policies.bundle import pack_bundle
from untether_policies.folder import ARCHIVE_SUFFIX, write_atomically
from untether_training.conf.training import TrainingConfig
from untether_training.evaluation.figures_file import write_figures
from untether_training.export.bundle import ExportedPolicy, export_policy
from untether_training.export.card import CURVE_PICTURE, write_card
from untether_training.learning.appraisal import Appraisal
from untether_training.learning.curve import plot_curve
from untether_training.learning.flight_appraisal import FlightAppraisal
from untether_training.learning.run_folder import RunFolder
from untether_training.learning.session import IterationReport, TrainingSession
from untether_training.swarm.appraisal import SwarmAppraisal
from untether_training.swarm.build import SwarmPolicyConfig


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
    appraisal = choose_appraisal(config)
    bundle = folder.bundle(name)
    card = partial(
        write_card,
        config,
        name,
        appraisal.text,
        steps=session.steps,
        elapsed=session.elapsed,
        last=reports[-1] if reports else None,
        parity=exported.parity,
    )
    exported.write(bundle, card(table=""), pictures)
    table = _evaluate(appraisal, bundle, session, folder, console)
    text = card(table=table)
    exported.write(bundle, text, pictures)
    pack_bundle(bundle, bundle.with_name(f"{name}{ARCHIVE_SUFFIX}"))
    _show(appraisal, bundle, session, folder, console)
    if config.export.zoo:
        copy_to_zoo(exported, text, pictures, console)
    return bundle


def choose_appraisal(config: TrainingConfig) -> Appraisal[Any]:
    """Return how the bundles of a config's task are judged and shown."""
    if isinstance(config.policy, SwarmPolicyConfig):
        return SwarmAppraisal(config.policy.swarm.obstacles)
    return FlightAppraisal(config.task.name)


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
    teacher = {"teacher_sha256": session.teacher} if session.teacher else {}
    return {
        "seed": session.config.seed,
        "commit": find_commit(),
        "control_steps": session.steps,
        "training_time": round(session.elapsed, 1),
        **teacher,
    }


def _evaluate(
    appraisal: Appraisal[Any],
    bundle: Path,
    session: TrainingSession,
    folder: RunFolder,
    console: Console,
) -> str:
    """Evaluate, keep and print the figures, and return their table as Markdown."""
    with console.status("evaluating") as status:
        result = appraisal.evaluate(
            bundle,
            session.config.export,
            lambda done, total: status.update(f"evaluating {done}/{total}"),
        )
    write_figures(result, folder.evaluation)
    table = appraisal.write_table(result)
    write_atomically(folder.table, table.encode())
    appraisal.print_table(console, result)
    return table


def _show(
    appraisal: Appraisal[Any],
    bundle: Path,
    session: TrainingSession,
    folder: RunFolder,
    console: Console,
) -> None:
    """Fly once in the deployment simulator, for a picture and a video."""
    config = session.config
    with console.status("flying"):
        render = appraisal.show(bundle, folder, config.seed)
    if not config.export.video:
        return
    try:
        with console.status("rendering"):
            render()
    except VideoUnavailableError as error:
        console.print(f"no video: {error}", style="yellow", soft_wrap=True)


def copy_to_zoo(
    exported: ExportedPolicy, card: str, pictures: dict[str, bytes], console: Console
) -> None:
    """Write a bundle into the zoo of this distribution; an earlier one of the name is replaced."""
    zoo = Path(untether_policies.__file__).parents[1] / "zoo" / exported.contract.name
    zoo.parent.mkdir(exist_ok=True)
    exported.write(zoo, card, pictures)
    console.print(f"zoo: {zoo}", soft_wrap=True)
