"""The actor's process: shows, acts and sends, until nobody wants it any more."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import torch

from untether_hardware.actor_learner.access import read_token
from untether_hardware.actor_learner.actor_client import ActorClient
from untether_hardware.actor_learner.weights import Weights
from untether_hardware.datasets.errors import DatasetError
from untether_policies.terminal import open_console, print_error
from untether_training.conf.store import load_config
from untether_training.interactive.actor import InteractiveActor
from untether_training.interactive.config import ROS, InteractiveConfig
from untether_training.interactive.episode_recorder import EpisodeRecorder
from untether_training.interactive.heap import keep_heap
from untether_training.interactive.recorded_episodes import RecordedEpisodes
from untether_training.interactive.run_files import RunFiles
from untether_training.learning.run_folder import RunFolder

UNUSABLE = 3
"""Exit status when the recorded demonstrations cannot be used."""

_FLUSH_TIME = 5.0  # [s] that the learner gets at the end to take what is left
_ACKNOWLEDGE_TIME = 0.2  # [s] between looks whether all that was recorded has arrived
_LARGEST_BACKLOG = 2_000  # records that may wait for the learner


def main() -> int:
    """Run until the standard input ends, as it does when the learner's process does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of the run")
    parser.add_argument("address", help="of the learner, HOST:PORT")
    parser.add_argument("--demonstrations", type=int, default=0, help="to show first")
    arguments = parser.parse_args()
    config = load_config(RunFolder(arguments.folder).config)
    if not isinstance(config, InteractiveConfig):
        raise SystemExit(f"{arguments.folder}: expected a run of the arm. Fix: give its folder")
    keep_heap()
    if config.threads:
        torch.set_num_threads(config.threads)
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    files, shown = RunFiles(arguments.folder), arguments.demonstrations
    if config.demonstrations_from:
        try:
            _send_recorded(config, files, arguments.address, ended)
        except DatasetError as error:
            print_error(open_console(), error)
            return UNUSABLE
        shown = 0
    if config.actor == ROS:  # that of the robot does the rest
        return 0
    with (
        ActorClient(files.outbox, arguments.address, weights_period=0.2) as client,
        _open_recorder(config, files) as recorder,
    ):
        # An actor that goes on after a kill must not meet the scenes that it has met before.
        seed = np.random.SeedSequence((config.seed, client.newest.sequence)).generate_state(1)[0]
        actor = InteractiveActor(config, client.send, seed=int(seed), recorder=recorder)
        try:
            _act(actor, client, shown, ended)
            client.wait_acknowledged(_FLUSH_TIME)
        finally:
            actor.close()
    return 0


def _send_recorded(
    config: InteractiveConfig, files: RunFiles, address: str, ended: threading.Event
) -> None:
    """Send recorded demonstrations and corrections, each once, whoever was killed meanwhile.

    They have an outbox of their own, so that its newest record tells how many were sent.
    """
    episodes = RecordedEpisodes(Path(config.demonstrations_from), config)
    token = read_token(config.token_file)
    with ActorClient(files.recorded_outbox, address, token=token) as client:
        for record in episodes.read(client.newest.sequence):
            if ended.is_set():
                return
            client.send(record)
        while not (ended.is_set() or client.wait_acknowledged(_ACKNOWLEDGE_TIME)):
            pass


def _open_recorder(
    config: InteractiveConfig, files: RunFiles
) -> AbstractContextManager[EpisodeRecorder | None]:
    if config.dataset.demonstrations or config.dataset.corrections:
        return EpisodeRecorder(files.dataset, config)
    return nullcontext()


def _act(
    actor: InteractiveActor, client: ActorClient, demonstrations: int, ended: threading.Event
) -> None:
    shown = 0
    while shown < demonstrations and not ended.is_set():
        shown += actor.demonstrate()
    loaded = None
    while not ended.is_set():
        client.check()
        weights = client.latest_weights()
        backlog = client.newest.sequence - client.acknowledged.sequence
        if weights is None or backlog > _LARGEST_BACKLOG:
            ended.wait(0.05)
            continue
        if weights.version != loaded:
            load_weights(actor.policy, weights)
            loaded = weights.version
        actor.run_episode()


def load_weights(policy: torch.nn.Module, weights: Weights) -> None:
    """Give a policy the weights that a learner published."""
    arrays = {name: torch.from_numpy(array.copy()) for name, array in weights.arrays.items()}
    policy.load_state_dict(arrays)


def _wait_for_end(ended: threading.Event) -> None:
    # Not by the buffered stream: its lock would be held when the process ends by itself.
    while os.read(sys.stdin.fileno(), 1):
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
