"""The learner's loop: takes in what the actor sends, learns, and gives it new weights."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from untether_hardware.actor_learner.access import read_token, split_address
from untether_hardware.actor_learner.journal import Journal
from untether_hardware.actor_learner.learner_server import LearnerServer
from untether_hardware.actor_learner.schema import RecordSchema
from untether_training.interactive.actor_bundle import write_actor_bundle
from untether_training.interactive.actor_process import UNUSABLE
from untether_training.interactive.config import ROS, InteractiveConfig
from untether_training.interactive.episode_report import EpisodeReport
from untether_training.interactive.heap import keep_heap
from untether_training.interactive.run_files import RunFiles
from untether_training.interactive.session import InteractiveSession
from untether_training.learning.checkpoint import read_checkpoint, write_checkpoint
from untether_training.learning.display import TrainingDisplay
from untether_training.learning.history import History
from untether_training.learning.run_folder import RunFolder
from untether_training.learning.trainer import watch_for_interruption

_ACTOR = "untether_training.interactive.actor_process"
_END_TIME = 15.0  # [s] that the actor gets to end its episode
_POLL = 0.02  # [s] between looks at what has come, while there is nothing to learn from
_READ_PERIOD = 0.2  # [s] between looks at what has come, while learning


def train_interactively(
    config: InteractiveConfig, folder: RunFolder, console: Console, *, resumed: bool = False
) -> tuple[InteractiveSession, list[EpisodeReport]]:
    """Train until time is used up, or until interrupted.

    The actor is a process of its own; where it dies, another goes on. That of a robot is started
    there, and may come and go.

    Args:
        config: Of the run.
        folder: Where journal, checkpoint and history are.
        console: Where progress is shown.
        resumed: Whether to go on from the folder's checkpoint, if the run came to write one.

    Returns:
        What was learned, and the reports of all episodes.

    Raises:
        KeyboardInterrupt: When interrupted, after the checkpoint is written.
        CheckpointError: When the checkpoint to go on from is damaged.
        BundleError: When the journal is damaged, or nobody can listen at the learner's address.
        RuntimeError: When the recorded demonstrations cannot be used.
        OSError: When the folder cannot be written, as when the disk is full.
    """
    keep_heap()
    files = RunFiles(folder.path)
    with (
        Journal(files.journal) as journal,
        History(EpisodeReport, folder.history, folder.tensorboard, last=None) as history,
    ):
        session = InteractiveSession(config, files.journal, reported=len(history.reports))
        if resumed and folder.checkpoint.is_file():
            session.load_state_dict(read_checkpoint(folder.checkpoint))
        schema = RecordSchema(session.arrays, session.action_size)
        with (
            _serve(config, journal, schema) as server,
            TrainingDisplay(console, f"training {config.task.name}") as display,
            watch_for_interruption() as interrupted,
        ):
            loop = _Loop(session, folder, server, history, display)
            if config.actor == ROS:
                _await_robot(session, files.actor, server.address, console)
            while session.progress < 1.0 and not interrupted.is_set():
                missing = max(0, config.demonstrations - session.demonstrations)
                with _run_actor(config, folder.path, server.address, missing) as actor:
                    while session.progress < 1.0 and not interrupted.is_set():
                        loop.turn()
                        status = None if actor is None else actor.poll()
                        if status == UNUSABLE:
                            raise RuntimeError(_refuse_demonstrations(config))
                        # With a robot's actor, it only sends what was recorded.
                        if status or (status == 0 and config.actor != ROS):
                            console.print(f"the actor ended ({status}); another goes on")
                            break
            loop.take_in()
            write_checkpoint(folder.checkpoint, session.state_dict())
    if interrupted.is_set():
        raise KeyboardInterrupt
    return session, history.reports


def _serve(config: InteractiveConfig, journal: Journal, schema: RecordSchema) -> LearnerServer:
    """Return a server for an actor of this computer, or for that of a robot."""
    if config.actor != ROS:
        return LearnerServer(journal, schema=schema)
    host, port = split_address(config.learner_address)
    token = read_token(config.token_file)
    return LearnerServer(journal, host=host, port=port, token=token, schema=schema)


def _await_robot(session: InteractiveSession, actor: Path, address: str, console: Console) -> None:
    """Write the bundle with which a robot's actor begins, unless it is there, and say how."""
    if not actor.exists():
        with console.status("writing the actor's bundle"):
            write_actor_bundle(session.policy, session.config, actor)
    console.print(
        f"learner at {address}; on the robot: untether launch franka "
        f"task:={session.config.task.name} learner:={address} policy:={actor}",
        soft_wrap=True,
    )


def _refuse_demonstrations(config: InteractiveConfig) -> str:
    return (
        "demonstrations_from: expected a dataset that the task can be learned from, got "
        f"{config.demonstrations_from}, about which the actor tells more above. "
        "Fix: start a run with another one."
    )


class _Loop:
    """Does one thing after the other, each when it is time."""

    def __init__(
        self,
        session: InteractiveSession,
        folder: RunFolder,
        server: LearnerServer,
        history: History[EpisodeReport],
        display: TrainingDisplay,
    ) -> None:
        self._session, self._folder, self._server = session, folder, server
        self._history, self._display = history, display
        self._moment = self._saved = time.monotonic()
        self._read = 0.0
        self._published = -1

    def turn(self) -> None:
        """Take in, learn, publish and save, as far as it is time."""
        session = self._session
        self._moment = session.pass_time(self._moment)
        if self._moment - self._read >= _READ_PERIOD:
            self.take_in()
        due = self._published + session.config.publish_interval
        if self._published < 0 or session.updates >= due:
            self._server.publish(session.weights())
            self._published = session.updates
        if self._moment - self._saved >= session.config.checkpoint_interval:
            self._saved = self._moment
            write_checkpoint(self._folder.checkpoint, session.state_dict())
        if session.ready:
            session.learn()
        else:
            time.sleep(_POLL)

    def take_in(self) -> None:
        """Read what the actor has sent, and report it."""
        self._read = self._moment
        for report in self._session.take_in():
            self._history.append(report)
            self._display.show(report, self._session.progress)


@contextmanager
def _run_actor(
    config: InteractiveConfig, folder: Path, address: str, demonstrations: int
) -> Iterator[subprocess.Popen[bytes] | None]:
    """Run an actor within the block; it ends its episode when the block ends, or this process.

    There is none when a robot's actor does all of the work.
    """
    if config.actor == ROS and not config.demonstrations_from:
        yield None
        return
    command = [sys.executable, "-m", _ACTOR, str(folder), address]
    command += ["--demonstrations", str(demonstrations)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as actor:
        try:
            yield actor
        finally:
            if actor.stdin is not None:
                actor.stdin.close()
            try:
                actor.wait(_END_TIME)
            except subprocess.TimeoutExpired:
                actor.kill()
