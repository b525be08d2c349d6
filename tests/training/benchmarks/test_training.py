"""The training benchmark: every process iterates, the parts are an iteration, the target counts."""

import json

import pytest

from untether_training.benchmarks import training
from untether_training.benchmarks.training_side import TrainingSide, training_config


def test_its_network_is_the_small_one():
    side = TrainingSide(16, seed=0)
    network = side._session.policy.network
    assert sum(parameter.numel() for parameter in network.parameters()) == 1864


def test_an_iteration_is_made_of_its_parts():
    side = TrainingSide(16, seed=0)
    side.warm_up()
    assert side.steps == 16 * training_config(16, 0).learner.steps
    duration = side.iterate()
    assert set(side.parts) == {"environment", "inference", "storage", "update"}
    assert 0.5 * duration < sum(side.parts.values()) < duration


@pytest.mark.parametrize(("target", "status"), [(1.0, 0), (1e15, 1)])
def test_it_reports_rates_and_whether_the_target_holds(target, status, tmp_path, monkeypatch):
    def race(processes, threads, *_):
        return 100.0 * processes + threads, dict.fromkeys(training._PARTS, 1.0)

    monkeypatch.setattr(training, "_race", race)
    monkeypatch.setattr(training, "_TARGET", target)
    path = tmp_path / "figures.json"
    assert training.main(["--cores", "2", "--json", str(path)]) == status
    figures = json.loads(path.read_text(encoding="utf-8"))
    assert figures["processes_1_threads_2"] == 102.0
    assert figures["best"] == figures["processes_2_threads_1"] == 201.0
    assert figures["speed_up"] == pytest.approx(201.0 / 101.0)
    assert figures["update_share"] == 0.25


@pytest.mark.slow
def test_all_processes_iterate_at_once():
    rate, parts = training._race(2, 1, drones=8, rounds=1, seed=0)
    assert rate > 0.0
    assert set(parts) == set(training._PARTS)


@pytest.mark.parametrize(
    "arguments", [["--cores", "0"], ["--rounds", "0"], ["--drones", "12"], ["--drones", "0"]]
)
def test_wrong_arguments_give_status_2(arguments):
    with pytest.raises(SystemExit) as exit_info:
        training.main(arguments)
    assert exit_info.value.code == 2
