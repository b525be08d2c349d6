"""The command ``untether eval``: what it prints, writes and returns."""

import io
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from untether_policies import cli
from untether_training.commands.evaluate import main
from untether_training.evaluation import evaluator, figures_file
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


@pytest.fixture
def asked(monkeypatch):
    """Replace the flights by successes; return what was asked for."""
    episodes = Episodes(np.ones(50, np.int64), *(np.full(50, 0.1) for _ in range(5)))
    row = EvaluationRow.of("mujoco", "mass", "mass ±15 %", episodes, target=0.98)
    evaluation = Evaluation("cascade", "0" * 64, "hover", seed=3, seconds=1.0, rows=(row,))
    asked = {}

    def evaluate_bundle(path, **options):
        asked.update(options)
        options["on_progress"](25, 50)
        return evaluation

    monkeypatch.setattr(evaluator, "evaluate_bundle", evaluate_bundle)
    return asked


def test_a_passing_evaluation_gives_status_0(cascade_bundle, asked, capsys):
    assert main([str(cascade_bundle), "--quick", "--seed", "3"]) == 0
    assert (asked["episodes"], asked["flights"], asked["seed"]) == (100, 20, 3)
    printed = capsys.readouterr().out
    assert "50/50" in printed
    assert "tilted less than 10°" in printed


def test_a_terminal_that_lacks_signs_gets_others_in_their_place(
    cascade_bundle, asked, tmp_path, monkeypatch
):
    screen = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(screen, encoding="ascii"))
    arguments = ["eval", str(cascade_bundle), "--json", str(tmp_path / "figures.json")]
    assert cli.main(arguments) == 0
    sys.stdout.flush()
    assert b"mass ?15 %" in screen.getvalue()


def test_figures_are_kept_when_nobody_reads_the_table(cascade_bundle, asked, tmp_path, monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    path = tmp_path / "figures.json"
    with os.fdopen(writer, "w") as broken:
        monkeypatch.setattr(sys, "stdout", broken)
        with pytest.raises(SystemExit):
            main([str(cascade_bundle), "--json", str(path)])
        monkeypatch.undo()
    assert json.loads(path.read_text())["mujoco_mass_successes"] == 50


def test_figures_that_cannot_be_written_are_printed_all_the_same(
    cascade_bundle, asked, tmp_path, monkeypatch, capsys
):
    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(figures_file, "write_figures", fail)
    with pytest.raises(OSError, match="the disk is full"):  # `untether` tells it
        main([str(cascade_bundle), "--json", str(tmp_path / "figures.json")])
    assert "50/50" in capsys.readouterr().out


# Flies until it is killed; says when its workers have flown the first flights.
_ENDLESS = """
import sys
from untether_policies.cli import main
from untether_training.evaluation import evaluator

evaluate_bundle = evaluator.evaluate_bundle

def evaluate_loudly(*arguments, on_progress, **options):
    return evaluate_bundle(
        *arguments, on_progress=lambda *_: print("flown", flush=True), **options
    )

evaluator.evaluate_bundle = evaluate_loudly
sys.exit(main(["eval", sys.argv[1], "--episodes", "0", "--flights", "100000"]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_workers_end_when_the_evaluation_is_killed(constant_bundle, number, status):
    with subprocess.Popen(
        [sys.executable, "-c", _ENDLESS, str(constant_bundle)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "flown\n"
            process.send_signal(number)
            # The pipes end when the last process that holds them has ended: the workers do, too.
            _, errors = process.communicate(timeout=60)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert process.returncode == status
    assert "Traceback" not in errors


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
        ["x", "--json", "/"],
        ["x", "--json", "/proc/nope/figures.json"],
        ["x", "--episodes", "many"],
    ],
)
def test_wrong_arguments_give_status_2(arguments):
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2
