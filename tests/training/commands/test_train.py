"""The command: two iterations become a bundle that loads and flies; bad input is refused."""

import json
from pathlib import Path

import pytest

from untether_policies.bundle import load_bundle
from untether_policies.policy import Policy
from untether_training.commands.train import main

TINY = (
    "num_envs=32",
    "learner.steps=8",
    "learner.mini_batches=2",
    "threads=1",
    "export.video=false",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """The folder of a run of two iterations."""
    runs = tmp_path_factory.mktemp("runs")
    few = ("iterations=2", "export.episodes=6", "export.flights=0")
    assert main([*TINY, *few, f"runs={runs}"]) == 0
    (folder,) = (runs / "waypoint").iterdir()
    return folder


@pytest.mark.slow
def test_a_run_leaves_everything_that_it_promises(run):
    names = {path.name for path in run.iterdir()}
    assert names == {
        "config.yaml",
        "run.json",
        "checkpoint.pt",
        "progress.csv",
        "tensorboard",
        "learning_curve.png",
        "evaluation.json",
        "evaluation.md",
        "flight.png",
        "crazyflie_waypoint",
        "crazyflie_waypoint.untether",
    }
    figures = json.loads((run / "evaluation.json").read_text())
    assert figures["training_randomised_episodes"] == 6
    assert figures["provenance"]["commit"]


@pytest.mark.slow
def test_the_bundle_loads_flies_and_tells_its_origin(run):
    bundle = load_bundle(run / "crazyflie_waypoint")
    assert bundle.contract.provenance["task"] == "waypoint"
    assert bundle.contract.provenance["control_steps"] == 2 * 32 * 8
    for word in ("## Evaluation", "| training, randomised |", "learning_curve.png", "| latency |"):
        assert word in bundle.card
    policy = Policy.load(run / "crazyflie_waypoint.untether")
    policy.inputs["orientation"][0] = (0.0, 0.0, 0.0, 1.0)
    policy.step()
    assert (
        (policy.outputs["rotor_thrust"] >= 0.0) & (policy.outputs["rotor_thrust"] < 0.131)
    ).all()


def test_help_names_the_tasks(capsys):
    assert main(["--help"]) == 0
    assert "task=waypoint|hover|figure_eight" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["task=swim"], ["sed=1"], ["seed=many"], ["--nonsense"], ["task.reward.alive=x"]]
)
def test_bad_arguments_are_refused_without_a_traceback(tmp_path, capsys, arguments):
    assert main([*arguments, f"runs={tmp_path}"]) == 2
    output = capsys.readouterr()
    assert "Traceback" not in output.out + output.err
    assert not list(tmp_path.iterdir())


def test_resuming_what_is_no_run_is_refused(tmp_path, capsys):
    assert main([f"resume={tmp_path / 'nothing'}"]) == 2
    assert "expected the config of a run" in capsys.readouterr().out.replace("\n", " ")


def test_resume_takes_nothing_beside_it(tmp_path, capsys):
    assert main([f"resume={tmp_path}", "seed=2"]) == 2
    assert "seed=2" in capsys.readouterr().out
