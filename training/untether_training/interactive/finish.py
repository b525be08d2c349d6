"""What follows a training of the arm: export, evaluation, card, curve, video."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal

from untether_hardware.crazyflie.video import VideoUnavailableError
from untether_hardware.franka.description import FR3
from untether_hardware.manipulation.registry import make_task
from untether_policies.benchmarks.report import find_commit
from untether_policies.bundle import pack_bundle
from untether_policies.folder import ARCHIVE_SUFFIX, write_atomically
from untether_training.evaluation.figures_file import write_figures
from untether_training.export.card import CURVE_PICTURE
from untether_training.interactive.card import write_card
from untether_training.interactive.curve import plot_episodes
from untether_training.interactive.episode_report import EpisodeReport
from untether_training.interactive.evaluation import print_evaluation, write_evaluation
from untether_training.interactive.evaluator import evaluate_arm
from untether_training.interactive.export import export_arm_policy
from untether_training.interactive.run_files import RunFiles
from untether_training.interactive.session import InteractiveSession
from untether_training.interactive.video import film_bundle
from untether_training.learning.finish import copy_to_zoo
from untether_training.learning.run_folder import RunFolder

_EVALUATION_SEED = 1000
_FILMED = 5  # episodes


def finish_interactive(
    session: InteractiveSession,
    folder: RunFolder,
    reports: Sequence[EpisodeReport],
    console: Console,
) -> Path:
    """Turn a trained session into a bundle, and show how well it does its task.

    Args:
        session: Trained.
        folder: Of the run.
        reports: Of all episodes.
        console: Where to say what is done.

    Returns:
        The folder of the bundle.

    Raises:
        BundleError: When the exported graph is not what was trained.
    """
    config = session.config
    task = config.task.name
    name = config.export.name or f"{FR3.name}_{task}"
    pictures = {}
    if reports:
        title = f"{task}, {config.method}, seed {config.seed}"
        plot_episodes(reports, folder.curve, title, make_task(task).config.period)
        pictures[CURVE_PICTURE] = folder.curve.read_bytes()
    with console.status("exporting"):
        exported = export_arm_policy(
            session.policy,
            config.task,
            name=name,
            seed=config.seed,
            provenance={
                "seed": config.seed,
                "commit": find_commit(),
                "control_steps": session.steps,
                "training_time": round(session.elapsed, 1),
            },
        )
    console.print(f"parity: {exported.parity}", soft_wrap=True)
    card = partial(write_card, session, name, parity=exported.parity, curve=bool(reports))
    bundle = folder.bundle(name)
    exported.write(bundle, card(table=""), pictures)
    with console.status("evaluating") as status:
        evaluation = evaluate_arm(
            bundle,
            episodes=config.export.episodes,
            seed=_EVALUATION_SEED,
            on_progress=lambda done, total: status.update(f"evaluating {done}/{total}"),
        )
    write_figures(evaluation, folder.evaluation)
    table = write_evaluation(evaluation)
    write_atomically(folder.table, table.encode())
    print_evaluation(console, evaluation)
    text = card(table=table)
    exported.write(bundle, text, pictures)
    pack_bundle(bundle, bundle.with_name(f"{name}{ARCHIVE_SUFFIX}"))
    if config.export.video:
        try:
            with console.status("filming"):
                film_bundle(bundle, task, folder.video, episodes=_FILMED, seed=_EVALUATION_SEED)
        except VideoUnavailableError as error:
            console.print(f"no video: {error}", style="yellow", soft_wrap=True)
    if config.export.zoo:
        copy_to_zoo(exported, text, pictures, console)
    _tell_journal(RunFiles(folder.path).journal, console)
    return bundle


def _tell_journal(journal: Path, console: Console) -> None:
    size = decimal(sum(path.stat().st_size for path in journal.iterdir()))
    console.print(f"journal: {journal}, {size}, which only resume= needs", soft_wrap=True)
