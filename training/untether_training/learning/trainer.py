"""The training loop: iterates, reports, and keeps a checkpoint on disk."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from untether_training.learning.checkpoint import read_checkpoint, write_checkpoint
from untether_training.learning.display import TrainingDisplay
from untether_training.learning.history import History
from untether_training.learning.run_folder import RunFolder
from untether_training.learning.session import IterationReport, TrainingSession
from untether_training.learning.warm_start import take_networks


def train(
    session: TrainingSession, folder: RunFolder, console: Console, *, resumed: bool = False
) -> list[IterationReport]:
    """Train until time or iterations are used up, or until interrupted.

    Args:
        session: Of the run; it is advanced.
        folder: Where checkpoint and history are written.
        console: Where progress is shown.
        resumed: Whether to go on from the folder's checkpoint, if the run came to write one.

    Returns:
        The reports of all iterations.

    Raises:
        KeyboardInterrupt: When interrupted, after the checkpoint is written.
        CheckpointError: When the checkpoint to go on from is damaged, or the run to start from does
            not fit.
        OSError: When the folder cannot be written, as when the disk is full.
    """
    if resumed and folder.checkpoint.is_file():
        session.load_state_dict(read_checkpoint(folder.checkpoint, session.config.device))
    elif session.config.start:
        take_networks(session.learner, session.config.start)
    title = f"training {session.config.task.name}"
    with (
        History(IterationReport, folder.history, folder.tensorboard, session.iteration) as history,
        TrainingDisplay(console, title) as display,
        watch_for_interruption() as interrupted,
    ):
        saved = time.monotonic()
        while not session.finished and not interrupted.is_set():
            report = session.iterate()
            history.append(report)
            display.show(report, session.progress)
            if time.monotonic() - saved >= session.config.checkpoint_interval:
                write_checkpoint(folder.checkpoint, session.state_dict())
                saved = time.monotonic()
        write_checkpoint(folder.checkpoint, session.state_dict())
    if interrupted.is_set():
        raise KeyboardInterrupt
    return history.reports


@contextmanager
def watch_for_interruption() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into an event within the block, so that nothing is cut in two."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: event.set()) for number in signals}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
