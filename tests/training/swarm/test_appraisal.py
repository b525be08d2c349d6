from dataclasses import replace

import pytest

from untether_training.conf.presets import PRESETS
from untether_training.conf.training import ExportConfig, TrainingConfig
from untether_training.learning.finish import choose_appraisal
from untether_training.learning.flight_appraisal import FlightAppraisal
from untether_training.learning.run_folder import RunFolder
from untether_training.swarm import appraisal, showcase
from untether_training.swarm.appraisal import SwarmAppraisal
from untether_training.swarm.evaluation import evaluator
from untether_training.swarm.evaluation.cell import BASE
from untether_training.swarm.obstacles import ObstacleView

FLOWN = [name for name, preset in PRESETS.items() if isinstance(preset, TrainingConfig)]


@pytest.mark.parametrize("task", FLOWN)
def test_each_task_has_an_appraisal_with_words_for_its_card(task):
    chosen = choose_appraisal(PRESETS[task])
    assert isinstance(chosen, SwarmAppraisal if task == "swarm" else FlightAppraisal)
    assert chosen.text.purpose
    assert chosen.text.criterion.endswith(".")
    assert chosen.text.limits


def test_a_card_says_what_the_policy_sees_of_the_columns():
    preset = PRESETS["swarm"]
    features = replace(preset.policy.swarm, obstacles=ObstacleView.nearest)
    ablated = replace(preset, policy=replace(preset.policy, swarm=features))
    assert "at nine points" in choose_appraisal(preset).text.purpose
    assert "nine points" not in choose_appraisal(ablated).text.purpose
    assert "radius of the two nearest columns" in choose_appraisal(ablated).text.purpose


def test_a_swarm_is_judged_by_the_protocol(bundle, monkeypatch):
    monkeypatch.setattr(appraisal, "BASE", BASE[:1])
    swarm = evaluator.SwarmConfig
    monkeypatch.setattr(
        evaluator, "SwarmConfig", lambda **given: replace(swarm(**given), episode_time=2.0)
    )
    result = SwarmAppraisal().evaluate(bundle, ExportConfig(episodes=24), lambda *_: None)
    assert result.rows[0].episodes == 3
    assert "| base |" in SwarmAppraisal().write_table(result)


def test_a_flight_in_the_deployment_simulator_is_drawn(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(showcase, "_DURATION", 2.0)
    folder = RunFolder(tmp_path)
    render = SwarmAppraisal().show(bundle, folder, seed=1)
    assert folder.plot.stat().st_size > 10_000
    render()
    assert folder.video.stat().st_size > 10_000
