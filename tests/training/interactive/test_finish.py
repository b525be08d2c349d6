"""What follows a training: bundle, card, figures, and where the journal is."""

import io
import json

import pytest
from rich.console import Console

from untether_hardware.actor_learner.journal import Journal
from untether_policies.bundle import load_bundle
from untether_training.conf.store import dump_config
from untether_training.interactive import export
from untether_training.interactive.episode_report import EpisodeReport
from untether_training.interactive.finish import finish_interactive
from untether_training.interactive.run_files import RunFiles
from untether_training.interactive.session import InteractiveSession
from untether_training.learning.run_folder import RunFolder


@pytest.mark.slow
def test_a_run_ends_with_a_bundle_that_was_evaluated(tmp_path, config, monkeypatch):
    monkeypatch.setattr(export, "_EPISODES", 1)
    folder = RunFolder.create(tmp_path / "run", dump_config(config), ["task=pick"], config.seed)
    journal = RunFiles(folder.path).journal
    with Journal(journal):
        session = InteractiveSession(config, journal)
        output = io.StringIO()
        report = EpisodeReport(1, 2.0, 40, 10, 1, 40, 5, 1, 0.1, -1.0, 0.01, 0.2)
        bundle = finish_interactive(session, folder, [report], Console(file=output, width=200))
    assert load_bundle(bundle).contract.provenance["task"] == "pick"
    card = (bundle / "card.md").read_text()
    assert "| policy |" in card
    assert "learning_curve.png" in card
    assert (bundle / "learning_curve.png").is_file()
    assert (folder.path / "fr3_pick.untether").is_file()
    assert json.loads(folder.evaluation.read_text())["policy_episodes"] == 1
    assert f"journal: {journal}, " in output.getvalue()
