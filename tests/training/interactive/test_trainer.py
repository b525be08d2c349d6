"""A run with its two processes: whoever dies, nothing that was shown is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from untether_hardware.datasets.checker import check_dataset
from untether_hardware.datasets.reader import DatasetReader
from untether_training.conf.store import dump_config
from untether_training.interactive.episode_report import EpisodeReport
from untether_training.interactive.run_files import RunFiles
from untether_training.interactive.session import InteractiveSession
from untether_training.interactive.trainer import train_interactively
from untether_training.learning.history import read_history
from untether_training.learning.run_folder import RunFolder

pytestmark = pytest.mark.slow

LIMIT = 60.0  # [s]
_RUN = """
import sys
from pathlib import Path
from rich.console import Console
from untether_training.conf.store import load_config
from untether_training.interactive.trainer import train_interactively
from untether_training.learning.run_folder import RunFolder

folder = RunFolder(Path(sys.argv[1]))
train_interactively(load_config(folder.config), folder, Console(), resumed=True)
"""


def make(tmp_path, config):
    return RunFolder.create(tmp_path / "run", dump_config(config), ["task=pick"], config.seed)


def count_episodes(folder):
    return len(read_history(EpisodeReport, folder.history))


def wait_for(condition):
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def find_children(parent):
    """Return the processes whose parent has an id."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(process.name))
    return found


@pytest.mark.usefixtures("short_runs")
def test_a_run_shows_acts_learns_and_leaves_its_history(tmp_path, config):
    folder = make(tmp_path, config)
    session, reports = train_interactively(config, folder, Console(quiet=True))
    assert session.demonstrations >= 1
    assert session.updates > 0
    assert reports == read_history(EpisodeReport, folder.history)
    assert len(reports) == session.episodes >= 1
    assert folder.checkpoint.is_file()


def test_killed_learner_and_actor_go_on_with_all_that_was_acknowledged(tmp_path, config):
    folder = make(tmp_path, config)
    command = [sys.executable, "-c", _RUN, str(folder.path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as learner:
        wait_for(lambda: count_episodes(folder) >= 1)
        (actor,) = find_children(learner.pid)
        os.kill(actor, signal.SIGKILL)  # another one takes its place
        known = count_episodes(folder)
        wait_for(lambda: count_episodes(folder) > known)
        learner.send_signal(signal.SIGKILL)
    before = InteractiveSession(config, RunFiles(folder.path).journal)
    known = count_episodes(folder)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as learner:
        wait_for(lambda: count_episodes(folder) > known)
        learner.send_signal(signal.SIGINT)
        learner.wait(LIMIT)
    after = InteractiveSession(config, RunFiles(folder.path).journal)
    assert before.demonstrations >= 1
    assert after.demonstrations >= before.demonstrations
    assert after.episodes > before.episodes
    assert after.steps > before.steps
    dataset = RunFiles(folder.path).dataset
    assert [one.problems for one in check_dataset(dataset) if one.problems] == []
    assert DatasetReader(dataset).episode_count >= after.demonstrations
