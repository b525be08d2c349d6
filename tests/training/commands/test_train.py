"""The command: two iterations become a bundle that loads and flies; bad input is refused."""

import json
import os
import shlex
import shutil
import signal
from pathlib import Path

import pytest

from untether_policies import cli
from untether_policies.bundle import load_bundle
from untether_policies.policy import Policy
from untether_training.commands.train import main
from untether_training.learning import session, trainer

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
    assert "waypoint, hover, figure_eight or swarm" in capsys.readouterr().out


@pytest.fixture
def trainings(monkeypatch):
    """Replace the training by an interruption; return the configs that got so far."""
    configs = []

    def train(session, *_, **__):
        configs.append(session.config)
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "train", train)
    return configs


@pytest.mark.slow
def test_a_finished_run_whose_history_was_lost_is_finished_again_without_the_curve(
    run, tmp_path, capsys
):
    copy = shutil.copytree(run, tmp_path / "copy")
    (copy / "progress.csv").unlink()
    assert main([f"resume={copy}"]) == 0
    assert "no learning curve" in capsys.readouterr().out
    card = load_bundle(copy / "crazyflie_waypoint").card
    assert "0.0 million control steps of 32 drones" in card
    assert "learning_curve.png" not in card


@pytest.mark.slow
def test_a_full_disk_ends_the_run_in_words_and_names_the_command_that_goes_on(
    run, tmp_path, capsys
):
    copy = shutil.copytree(run, tmp_path / "a copy")
    (copy / "checkpoint.partial").symlink_to("/dev/full")
    assert main([f"resume={copy}"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert "No space left on device" in line
    assert line.endswith(f"go on with: untether train 'resume={copy}'")


def test_interruption_ends_a_sweep_and_names_the_command_that_goes_on(tmp_path, trainings, capsys):
    runs = tmp_path / "a folder [/with] a name of many words, longer than a line of a terminal"
    assert main([*TINY, "--multirun", "seed=1,2", f"runs='{runs}'"]) == 130
    assert [config.seed for config in trainings] == [1]
    (hint,) = [line for line in capsys.readouterr().out.splitlines() if "go on" in line]
    *_, untether, command, resume = shlex.split(hint)
    assert (untether, command) == ("untether", "train")
    assert (Path(resume.removeprefix("resume=")) / "config.yaml").is_file()


def test_sigterm_interrupts_as_ctrl_c_does(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        session.TrainingSession, "__init__", lambda *_: os.kill(os.getpid(), signal.SIGTERM)
    )
    assert cli.main(["train", *TINY, f"runs={tmp_path}"]) == 130
    assert "go on with" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options", [["--multirun", "seed=3,4"], ["seed=3", "--run"], ["-m", "seed=3"]]
)
def test_options_may_stand_anywhere(tmp_path, trainings, options):
    assert main(["task=hover", *options, *TINY, f"runs={tmp_path}"]) == 130
    assert [(config.task.name, config.seed) for config in trainings] == [("hover", 3)]


def test_a_second_run_of_the_same_moment_gets_a_folder_of_its_own(tmp_path, trainings):
    arguments = [*TINY, f"runs={tmp_path}", f"hydra.sweep.dir={tmp_path}/now"]
    for seed in (1, 2):
        assert main([*arguments, f"seed={seed}"]) == 130
    for seed, name in ((1, "now"), (2, "now_2")):
        assert f"seed: {seed}\n" in (tmp_path / name / "config.yaml").read_text()


@pytest.mark.parametrize("options", [[], ["--multirun", "seed=1,2"]])
def test_runs_that_cannot_be_written_are_refused_in_words(trainings, capsys, options):
    assert main([*TINY, *options, "runs=/proc/nope"]) == 2
    output = capsys.readouterr()
    assert "runs: expected a folder that can be written" in output.out
    assert "Fix: choose another with runs=FOLDER" in output.out
    assert "Traceback" not in output.out + output.err
    assert trainings == []


@pytest.mark.parametrize(
    ("teacher", "message"),
    [("crazyflie_figure_eight", "goal_velocity"), ("nobody", "neither such a path")],
)
def test_who_cannot_teach_is_refused_before_anything_has_begun(
    tmp_path, trainings, capsys, teacher, message
):
    assert main([*TINY, f"teacher.bundle={teacher}", f"runs={tmp_path}/runs"]) == 2
    printed = capsys.readouterr().out
    assert message in printed
    assert "fix" in printed
    assert trainings == []
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["task=swim"],
        ["sed=1"],
        ["seed=many"],
        ["--nonsense"],
        ["task.reward.alive=x"],
        ["task.randomisation.mass=[0.8]"],
        ["num_envs=0"],
        ["export.name=tensorboard"],
        ["--cfg", "job", "--multirun"],
    ],
)
def test_bad_arguments_are_refused_without_a_traceback(tmp_path, capsys, arguments):
    assert main([*arguments, f"runs={tmp_path}"]) == 2
    output = capsys.readouterr()
    assert "Traceback" not in output.out + output.err
    assert not list(tmp_path.iterdir())


def test_resuming_what_is_no_run_is_refused(tmp_path, capsys):
    assert main([f"resume={tmp_path / 'nothing'}"]) == 2
    assert "expected the config of a run" in capsys.readouterr().out.replace("\n", " ")


def test_brackets_in_a_path_are_no_markup(capsys):
    assert main(["resume=x[/y]"]) == 2
    assert "x[/y]/config.yaml" in capsys.readouterr().out


def test_resume_takes_nothing_beside_it(tmp_path, capsys):
    assert main([f"resume={tmp_path}", "seed=2"]) == 2
    assert "seed=2" in capsys.readouterr().out
