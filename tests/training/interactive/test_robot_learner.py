"""A learner for a robot waits for an actor, learns from what it sends, and gives it weights."""

import socket
import threading
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from tests.training.interactive.test_episode_recorder import record

from untether_hardware.actor_learner.actor_client import ActorClient
from untether_hardware.actor_learner.record import EpisodeBegin, EpisodeLabel, Label, Transition
from untether_training.conf.store import dump_config
from untether_training.interactive import trainer
from untether_training.interactive.config import ROS
from untether_training.interactive.episode_recorder import EpisodeRecorder
from untether_training.interactive.perception import list_arrays
from untether_training.interactive.run_files import RunFiles
from untether_training.interactive.trainer import train_interactively
from untether_training.learning.run_folder import RunFolder

pytestmark = pytest.mark.slow

LIMIT = 90.0  # [s]
STEPS = 30
TIME = 3.0  # [s] of training


def find_free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def send_episode(client, config, *, demonstration):
    """Send an episode of an actor that saw nothing but zeros."""
    arrays = list_arrays(config.task.image_size)
    seen = {name: np.zeros(spec.shape, spec.dtype) for name, spec in arrays.items()}
    client.send(EpisodeBegin(seen, demonstration))
    for step in range(STEPS):
        last = step == STEPS - 1
        client.send(
            Transition(np.zeros(7, np.float32), float(last), seen, terminated=last),
        )
    client.send(EpisodeLabel(Label.SUCCESS))


@pytest.fixture
def learn(tmp_path, config, monkeypatch):
    """A function that starts a learner for a robot; returns config, folder, thread and result."""
    # It takes long, and has tests of its own.
    monkeypatch.setattr(trainer, "write_actor_bundle", lambda policy, config, path: path.mkdir())

    def start(**options):
        known = {"actor": ROS, "learner_address": find_free_address(), "time_limit": TIME}
        changed = replace(config, **(known | options))
        folder = RunFolder.create(tmp_path / "run", dump_config(changed), ["task=pick"], 1)
        result = []
        thread = threading.Thread(
            target=lambda: result.extend(train_interactively(changed, folder, Console(quiet=True)))
        )
        thread.start()
        return changed, folder, thread, result

    return start


def test_it_learns_once_a_robot_has_shown_enough(tmp_path, learn):
    config, folder, learner, result = learn()
    with ActorClient(tmp_path / "outbox", config.learner_address, weights_period=0.05) as client:
        send_episode(client, config, demonstration=True)
        assert client.wait_acknowledged(LIMIT)
        first = client.latest_weights()
        while first is None:
            assert learner.is_alive()
            learner.join(0.05)
            first = client.latest_weights()
        # A demonstration is not enough, so that the time stands still.
        learner.join(2 * TIME)
        assert learner.is_alive()
        assert client.latest_weights().version == first.version
        send_episode(client, config, demonstration=False)
        learner.join(LIMIT)
        assert not learner.is_alive()
        newest = client.latest_weights()
    session, reports = result
    assert session.demonstrations == len(reports) == 1
    assert (session.steps, reports[0].success) == (STEPS, 1)
    assert session.updates > 0
    assert newest.version.number > first.version.number
    assert RunFiles(folder.path).actor.is_dir()


def test_a_robot_goes_on_from_recorded_demonstrations(tmp_path, config, learn):
    dataset = tmp_path / "dataset"
    with EpisodeRecorder(dataset, config) as recorder:
        record(recorder, demonstration=True, length=20)
    config, _, learner, result = learn(demonstrations_from=str(dataset))
    with ActorClient(tmp_path / "outbox", config.learner_address) as client:
        send_episode(client, config, demonstration=False)
        learner.join(LIMIT)
        assert not learner.is_alive()
    session, reports = result
    assert session.demonstrations == len(reports) == 1
    assert session.updates > 0
