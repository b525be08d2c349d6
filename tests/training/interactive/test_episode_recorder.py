"""Demonstrations and corrected episodes are in the run's dataset, whatever kills the actor."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from untether_hardware.actor_learner.record import Transition
from untether_hardware.datasets.checker import check_dataset
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import Commander
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.manipulation.observation import STATE_SIZES
from untether_training.interactive.config import DatasetChoice
from untether_training.interactive.episode_recorder import EpisodeRecorder

_WRITER = """
import sys
from pathlib import Path
from tests.training.interactive.conftest import SMALL
from tests.training.interactive.test_episode_recorder import record
from untether_training.interactive.episode_recorder import EpisodeRecorder

with EpisodeRecorder(Path(sys.argv[1]), SMALL) as recorder:
    while True:
        record(recorder, demonstration=True)
        print(flush=True)
"""


def observe(seed):
    generator = np.random.default_rng(seed)
    state = {name: generator.normal(size=size) for name, size in STATE_SIZES.items()}
    shape = (32, 32, 3)
    pictures = {
        f"image_{name}": generator.integers(0, 256, shape, np.uint8) for name in ("front", "wrist")
    }
    return {**state, **pictures}


def record(recorder, *, demonstration, corrected=(), success=True, length=5):
    recorder.begin(demonstration=demonstration)
    for index in range(length):
        last, helped = index == length - 1, index in corrected
        step = Transition(
            np.zeros(7, np.float32),
            float(last and success),
            {"any": np.zeros(1, np.float32)},
            terminated=last and success,
            truncated=last and not success,
            intervention=helped,
            commander=Commander.OPERATOR if helped or demonstration else Commander.POLICY,
        )
        recorder.add(observe(index), np.full(7, 0.1 * index, np.float32), step)
    recorder.finish()


def list_problems(folder):
    return [str(one) for finding in check_dataset(folder) for one in finding.problems]


def test_each_frame_tells_what_was_seen_done_and_by_whom(tmp_path, config):
    with EpisodeRecorder(tmp_path / "dataset", config) as recorder:
        record(recorder, demonstration=False, corrected=(2, 3), success=False)
    assert list_problems(tmp_path / "dataset") == []
    reader = DatasetReader(tmp_path / "dataset")
    episode = reader.read_episode(0)
    columns = {name: column[:, 0] for name, column in episode.columns.items()}
    assert reader.tasks == ["pick"]
    assert columns["commander"].tolist() == [1, 1, 2, 2, 1]
    assert columns["intervention"].tolist() == [False, False, True, True, False]
    assert columns["next.truncated"].tolist() == [False] * 4 + [True]
    assert columns["action"] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert columns["stamp"] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    seen = observe(3)
    np.testing.assert_array_equal(
        episode.pictures["observation.images.wrist"][3], seen["image_wrist"]
    )
    assert episode.columns["observation.state"][3] == pytest.approx(
        np.concatenate([seen[name] for name in STATE_SIZES])
    )


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        (DatasetChoice(), [5, 7]),
        (DatasetChoice(demonstrations=False), [7]),
        (DatasetChoice(corrections=False), [5]),
    ],
)
def test_only_successful_demonstrations_and_corrected_episodes_are_kept(
    tmp_path, config, choice, kept
):
    with EpisodeRecorder(tmp_path, replace(config, dataset=choice)) as recorder:
        record(recorder, demonstration=True, length=4, success=False)
        record(recorder, demonstration=True, length=5)
        record(recorder, demonstration=False, length=6)
        record(recorder, demonstration=False, length=7, corrected=(1,), success=False)
    assert [one.length for one in DatasetReader(tmp_path).records] == kept


def test_a_kill_at_any_moment_loses_no_finished_episode(tmp_path, config):
    folder, finished = tmp_path / "dataset", 0
    for episodes in (2, 1):
        command = [sys.executable, "-c", _WRITER, str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for _ in range(episodes):
                assert writer.stdout.readline()
                finished += 1
            os.kill(writer.pid, signal.SIGKILL)
            finished += len(writer.stdout.read())
        assert DatasetReader(folder).episode_count >= finished
    with EpisodeRecorder(folder, config) as recorder:
        record(recorder, demonstration=True)
    assert DatasetReader(folder).episode_count > finished
    assert list_problems(folder) == []


def test_a_recorder_that_was_killed_before_it_began_is_no_obstacle(tmp_path, config):
    (tmp_path / "dataset" / "meta").mkdir(parents=True)
    (tmp_path / "dataset" / "meta" / ".info.json.draft").write_text("{")
    with EpisodeRecorder(tmp_path / "dataset", config) as recorder:
        record(recorder, demonstration=True)
    assert DatasetReader(tmp_path / "dataset").episode_count == 1


def test_two_recorders_never_share_a_dataset(tmp_path, config):
    with (
        EpisodeRecorder(tmp_path, config),
        pytest.raises(DatasetError, match="expected a single writer"),
    ):
        EpisodeRecorder(tmp_path, config)
