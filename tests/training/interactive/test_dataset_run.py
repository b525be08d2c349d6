"""A run leaves a dataset, and another run learns from it."""

from dataclasses import replace

import pytest
from rich.console import Console

from untether_hardware.actor_learner.record import EpisodeBegin, Transition
from untether_hardware.datasets.checker import check_dataset
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.manipulation.pick_lift import PickLift
from untether_training.conf.store import dump_config
from untether_training.interactive.config import DatasetChoice
from untether_training.interactive.recorded_episodes import RecordedEpisodes
from untether_training.interactive.run_files import RunFiles
from untether_training.interactive.trainer import train_interactively
from untether_training.learning.run_folder import RunFolder
from untether_training.offpolicy.privileged import PRIVILEGED

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("short_runs")]


def train(path, config):
    folder = RunFolder.create(path, dump_config(config), ["task=pick"], config.seed)
    session, _ = train_interactively(config, folder, Console(quiet=True))
    return session, RunFiles(folder.path).dataset


def test_what_one_run_recorded_is_learned_from_by_another(tmp_path, config):
    first, dataset = train(tmp_path / "first", config)
    assert [one.problems for one in check_dataset(dataset) if one.problems] == []
    assert DatasetReader(dataset).episode_count >= first.demonstrations >= 1

    config = replace(
        config, demonstrations_from=str(dataset), dataset=DatasetChoice(corrections=False)
    )
    records = list(RecordedEpisodes(dataset, config).read())
    second, nothing = train(tmp_path / "second", config)
    assert second.demonstrations == config.demonstrations == 1
    assert DatasetReader(nothing).episode_count == 0  # the demonstrations were not shown here
    begins = [one.demonstration for one in records if isinstance(one, EpisodeBegin)]
    assert all(begins)
    steps = sum(isinstance(one, Transition) for one in records)
    assert len(second._shown) >= steps


def test_a_run_ends_when_its_demonstrations_cannot_be_used(tmp_path, config):
    config = replace(config, demonstrations_from=str(tmp_path / "nowhere"))
    with pytest.raises(RuntimeError, match=r"demonstrations_from: expected .* got .*nowhere"):
        train(tmp_path / "run", config)


def test_what_only_a_simulator_knows_is_learned_from_and_not_recorded(tmp_path, config):
    learner = replace(config.learner, privileged=True)
    session, dataset = train(tmp_path / "run", replace(config, learner=learner))
    assert session.arrays[PRIVILEGED].shape == (PickLift.privileged_size,)
    assert session._figures["privileged"] > 0.0
    columns = DatasetReader(dataset).read_episode(0).columns
    assert not any(PRIVILEGED in name for name in columns)
