"""The training loop: what it leaves behind, kills and interruptions."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from untether_training.conf.store import dump_config
from untether_training.learning.checkpoint import CheckpointError, read_checkpoint
from untether_training.learning.history import read_history
from untether_training.learning.run_folder import RunFolder
from untether_training.learning.session import IterationReport, TrainingSession
from untether_training.learning.trainer import train

# Dies as by SIGKILL in the middle of its fourth iteration.
_KILLED = """
import os, signal, sys
from pathlib import Path
import torch
from rich.console import Console
from untether_training.conf.store import load_config
from untether_training.learning.run_folder import RunFolder
from untether_training.learning.session import TrainingSession
from untether_training.learning.trainer import train

torch.set_num_threads(1)
folder = RunFolder(Path(sys.argv[1]))
session = TrainingSession(load_config(folder.config))
learn = session.learner.update

def update():
    if session.iteration == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return learn()

session.learner.update = update
train(session, folder, Console(stderr=True))
"""


@pytest.fixture
def make_folder(tmp_path, tiny):
    def make(name: str) -> RunFolder:
        return RunFolder.create(tmp_path / name, dump_config(tiny), ["iterations=6"], tiny.seed)

    return make


def test_a_run_leaves_history_log_and_checkpoint(make_folder, tiny, silent):
    folder = make_folder("run")
    reports = train(TrainingSession(tiny), folder, silent)
    assert [report.iteration for report in reports] == [1, 2, 3, 4, 5, 6]
    assert read_history(IterationReport, folder.history) == reports
    assert read_checkpoint(folder.checkpoint)["iteration"] == 6
    assert any(folder.tensorboard.iterdir())


def test_a_killed_run_goes_on_as_if_it_had_not_been_killed(make_folder, tiny, silent):
    whole, killed = make_folder("whole"), make_folder("killed")
    train(TrainingSession(tiny), whole, silent)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.run(
        [sys.executable, "-c", _KILLED, str(killed.path)],
        env=environment,
        timeout=100,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL
    assert read_checkpoint(killed.checkpoint)["iteration"] == 3
    train(TrainingSession(tiny), killed, silent, resumed=True)
    expected = read_checkpoint(whole.checkpoint)["learner"]["actor_state_dict"]
    got = read_checkpoint(killed.checkpoint)["learner"]["actor_state_dict"]
    for name, value in expected.items():
        assert (got[name] - value).abs().max() <= 1e-6, name
    rewards = [
        [r.reward for r in read_history(IterationReport, f.history)] for f in (whole, killed)
    ]
    assert rewards[1] == pytest.approx(rewards[0], abs=1e-5)


def test_interruption_finishes_the_iteration_and_keeps_it(make_folder, tiny, silent):
    folder = make_folder("run")
    session = TrainingSession(tiny)
    learn = session.learner.update

    def update():
        if session.iteration == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return learn()

    session.learner.update = update
    with pytest.raises(KeyboardInterrupt):
        train(session, folder, silent)
    assert read_checkpoint(folder.checkpoint)["iteration"] == 2
    reports = train(TrainingSession(tiny), folder, silent, resumed=True)
    assert [report.iteration for report in reports] == [1, 2, 3, 4, 5, 6]


def test_only_a_run_that_goes_on_reads_a_checkpoint(make_folder, tiny, silent):
    folder = make_folder("run")
    folder.checkpoint.write_bytes(b"of somebody else")
    assert len(train(TrainingSession(tiny), folder, silent)) == 6
    folder.checkpoint.write_bytes(b"of somebody else")
    with pytest.raises(CheckpointError):
        train(TrainingSession(tiny), folder, silent, resumed=True)


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_again(make_folder, tiny, silent):
    reports = train(TrainingSession(tiny), make_folder("run"), silent, resumed=True)
    assert [report.iteration for report in reports] == [1, 2, 3, 4, 5, 6]


def test_runs_that_want_the_same_folder_get_one_each(tmp_path):
    wanted = tmp_path / "runs" / "now"
    with ThreadPoolExecutor(8) as pool:
        create = partial(RunFolder.create, wanted, arguments=[], seed=1)
        folders = list(pool.map(create, [f"run: {number}\n" for number in range(8)]))
    assert {folder.path.name for folder in folders} == {"now", *(f"now_{n}" for n in range(2, 9))}
    for number, folder in enumerate(folders):
        assert folder.config.read_text() == f"run: {number}\n"


def test_folder_says_where_the_run_comes_from(make_folder):
    folder = make_folder("run")
    text = folder.provenance.read_text()
    for word in ('"command": "untether train iterations=6"', '"commit"', '"seed": 1', '"torch"'):
        assert word in text
    assert Path(folder.config).read_text().startswith("task:")
