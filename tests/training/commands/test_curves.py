"""The command draws runs of the arm, and refuses what is none."""

from dataclasses import asdict, astuple, replace

import pytest
from PIL import Image

from untether_policies.cli import main
from untether_training.conf.presets import PRESETS
from untether_training.conf.store import dump_config
from untether_training.interactive.comparison import NamedRun
from untether_training.interactive.episode_report import EpisodeReport
from untether_training.learning.run_folder import RunFolder

REPORT = EpisodeReport(1, 2.0, 40, 10, 1, 40, 5, 1, 0.1, -1.0, 0.01, 0.2)


@pytest.fixture
def make_run(tmp_path):
    def make(name, task="pick", episodes=3):
        folder = RunFolder(tmp_path / name)
        folder.path.mkdir()
        folder.config.write_text(dump_config(PRESETS[task]))
        reports = [replace(REPORT, episode=n, steps=40 * n) for n in range(1, episodes + 1)]
        rows = [",".join(asdict(REPORT)), *(",".join(map(str, astuple(r))) for r in reports)]
        folder.history.write_text("\n".join(rows) + "\n")
        return folder.path

    return make


def test_runs_of_two_tasks_become_one_picture(make_run, tmp_path):
    out = tmp_path / "curves.png"
    runs = [f"a name={make_run('one')}", str(make_run("two", task="peg"))]
    assert main(["curves", *runs, "--out", str(out)]) == 0
    with Image.open(out) as picture:
        assert picture.format == "PNG"
        assert picture.width > picture.height


def test_a_run_is_read_with_its_task(make_run):
    run = NamedRun.load("a", make_run("one", task="lid"))
    assert (run.task, [report.steps for report in run.reports]) == ("lid", [40, 80, 120])


@pytest.mark.parametrize(
    ("task", "episodes", "said"),
    [("waypoint", 3, "expected a run of an arm"), ("pick", 0, "expected at least one episode")],
)
def test_what_cannot_be_drawn_is_refused(make_run, tmp_path, capsys, task, episodes, said):
    run = make_run("one", task=task, episodes=episodes)
    assert main(["curves", str(run), "--out", str(tmp_path / "curves.png")]) == 2
    assert said in capsys.readouterr().out
    assert not (tmp_path / "curves.png").exists()


def test_a_folder_that_is_no_run_is_refused(tmp_path, capsys):
    assert main(["curves", str(tmp_path), "--out", str(tmp_path / "curves.png")]) == 2
    assert "Fix: give the folder of a run" in capsys.readouterr().out
