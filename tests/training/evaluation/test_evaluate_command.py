"""The command ``untether eval``: what it prints, writes and returns."""

import json

import numpy as np
import pytest

from untether_training.commands.evaluate import main
from untether_training.evaluation import evaluator
from untether_training.evaluation.evaluation import Evaluation
from untether_training.evaluation.outcome import Episodes
from untether_training.evaluation.row import EvaluationRow


def test_a_failing_bundle_gives_status_1_a_table_and_flat_json(constant_bundle, tmp_path, capsys):
    path = tmp_path / "figures.json"
    arguments = ["--episodes", "10", "--flights", "1", "--workers", "1", "--json", str(path)]
    assert main([str(constant_bundle), *arguments]) == 1
    printed = capsys.readouterr().out
    assert "MISSED" in printed
    assert "within 0.15 m of the goal" in printed
    figures = json.loads(path.read_text(encoding="utf-8"))
    provenance = figures.pop("provenance")
    assert {"cpu", "cores", "versions", "seed", "commit", "warm_up", "date"} <= set(provenance)
    assert provenance["seed"] == 1000
    assert not any(isinstance(value, dict | list) for value in figures.values())
    assert figures["training_randomised_episodes"] == 10
    assert figures["mujoco_mass_plus_15_success_rate"] == 0.0
    assert figures["mujoco_nominal_target"] == 0.98
    assert figures["mujoco_stress_target"] is None


def test_a_passing_evaluation_gives_status_0(cascade_bundle, monkeypatch, capsys):
    episodes = Episodes(np.ones(50, np.int64), *(np.full(50, 0.1) for _ in range(5)))
    row = EvaluationRow.of("mujoco", "nominal", "nominal", episodes, target=0.98)
    evaluation = Evaluation("cascade", "0" * 64, "hover", seed=3, seconds=1.0, rows=(row,))
    asked = {}

    def evaluate_bundle(path, **options):
        asked.update(options)
        options["on_progress"](25, 50)
        return evaluation

    monkeypatch.setattr(evaluator, "evaluate_bundle", evaluate_bundle)
    assert main([str(cascade_bundle), "--quick", "--seed", "3"]) == 0
    assert (asked["episodes"], asked["flights"], asked["seed"]) == (100, 20, 3)
    printed = capsys.readouterr().out
    assert "50/50" in printed
    assert "tilted less than 10°" in printed


@pytest.mark.parametrize(
    ("name", "message"),
    [("/no/such/bundle", "neither such a path nor such a name"), ("{folder}", "contract.yaml")],
)
def test_what_is_no_bundle_gives_status_2_and_the_fix(name, message, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main([name.format(folder=tmp_path / "empty")]) == 2
    printed = capsys.readouterr().out
    assert message in printed
    assert "fix" in printed


def test_an_unknown_task_gives_status_2(cascade_bundle, capsys):
    assert main([str(cascade_bundle), "--task", "juggle"]) == 2
    assert "waypoint" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["x", "--episodes", "-1"],
        ["x", "--episodes", "0", "--flights", "0"],
        ["x", "--workers", "0"],
        ["x", "--json", "/no/such/folder/figures.json"],
        ["x", "--episodes", "many"],
    ],
)
def test_wrong_arguments_give_status_2(arguments):
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2
