"""Puts a run's demonstrations and corrected episodes into its dataset."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Self

from untether_hardware.actor_learner.record import Transition
from untether_hardware.datasets.features import Step
from untether_hardware.datasets.layout import INFO, FileLimits
from untether_hardware.datasets.writer import DatasetWriter
from untether_hardware.manipulation.dataset_schema import make_schema
from untether_hardware.manipulation.registry import make_task
from untether_training.interactive.config import InteractiveConfig
from untether_training.manipulation.dataset_frame import add_frame
from untether_training.manipulation.environment import Action, Observation

# Small files: the actor stands still while one is written anew with another episode.
_LIMITS = FileLimits(data_megabytes=4)


class EpisodeRecorder:
    """Records episodes, and keeps those that somebody has shown something in.

    Once `finish` has returned, the disk has the episode. A recorder that is killed loses the
    unfinished one at most; the next one of the same folder goes on with the dataset.

    Args:
        folder: Of the dataset; made when there is none.
        config: Of the run.

    Raises:
        DatasetError: When the dataset is damaged, or somebody else writes it.
        OSError: When it cannot be written.
    """

    def __init__(self, folder: Path, config: InteractiveConfig) -> None:
        self._task = config.task.name
        self._period = make_task(self._task).config.period
        self._choice = config.dataset
        self._demonstration = self._corrected = self._succeeded = False
        if (folder / INFO).is_file():
            self._writer = DatasetWriter.resume(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)  # of a recorder that was killed at once
            schema = make_schema(config.task.image_size, round(1.0 / self._period))
            self._writer = DatasetWriter.create(folder, schema, _LIMITS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def begin(self, *, demonstration: bool) -> None:
        """Begin an episode; one that was not finished is forgotten.

        Args:
            demonstration: Whether an operator shows all of it.
        """
        self._writer.discard_episode()
        self._demonstration = demonstration
        self._corrected = self._succeeded = False

    def add(self, observation: Observation, action: Action, transition: Transition) -> None:
        """Add a step.

        Args:
            observation: Before it, with pictures.
            action: What was done, (7,) [1].
            transition: What came of it.
        """
        self._corrected |= transition.intervention
        self._succeeded = transition.succeeds
        wanted = self._choice.demonstrations if self._demonstration else self._choice.corrections
        if wanted:
            step = Step(
                self._writer.pending * self._period,
                transition.reward,
                terminated=transition.terminated,
                truncated=transition.truncated,
                commander=transition.commander,
                intervention=transition.intervention,
            )
            # Success ends an episode, so that it is never seen before a step.
            add_frame(self._writer, observation, action, step, success=False)

    def finish(self) -> None:
        """Keep the episode if it was corrected, or is a demonstration that succeeded.

        Raises:
            OSError: When the disk refuses it.
        """
        if self._writer.pending and (self._succeeded if self._demonstration else self._corrected):
            self._writer.finish_episode(self._task)
        else:
            self._writer.discard_episode()
