"""Demonstrations and corrections of a dataset, as an actor sends them to its learner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from untether_hardware.actor_learner.record import (
    EpisodeBegin,
    EpisodeLabel,
    Label,
    Record,
    Transition,
)
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import ACTION, Commander
from untether_hardware.datasets.reader import DatasetReader, Episode
from untether_training.interactive.actor import TWIST_SIZE, has_gripper
from untether_training.interactive.config import InteractiveConfig
from untether_training.interactive.perception import Perception
from untether_training.interactive.recording_check import (
    find_toggles,
    require_gripper,
    require_recording,
)
from untether_training.manipulation.dataset_frame import read_observation


@dataclass(frozen=True)
class _Part:
    """Steps of an episode that the operator commanded.

    Attributes:
        episode: Its number.
        start: First step.
        stop: Step after the last one.
        demonstration: Whether it is the whole episode, and a success.
    """

    episode: int
    start: int
    stop: int
    demonstration: bool

    @property
    def records(self) -> int:
        """Number of records that tell it: a begin, the steps, a label."""
        return 2 + self.stop - self.start


class RecordedEpisodes:
    """Reads what an operator has shown, episode by episode in the dataset's order.

    A demonstration is an episode that the operator commanded throughout and that ended in success;
    as many are taken as the run asks for, the first ones. Of the other episodes, each correction
    is taken as an episode of its own that is cut off at its end, and is labelled a failure: it
    teaches, but counts as no demonstration. Rewards and terminations are the recorded ones. What
    followed an episode's last step is not in a dataset: a termination needs no observation after
    it; a last step that is none is left out.

    The records are always the same, whoever reads them; episodes that are recorded meanwhile come
    after all others. So whoever sends them and is killed goes on after as many as were sent.

    Args:
        folder: The dataset.
        config: Of the run that learns from it.

    Raises:
        DatasetError: When it does not fit the run's task, has too few demonstrations, or is
            damaged.
    """

    def __init__(self, folder: Path, config: InteractiveConfig) -> None:
        self._config = config
        self._reader = DatasetReader(folder)
        require_recording(self._reader, config.task)
        count = self._reader.episode_count
        episodes = [self._reader.read_episode(index, cameras=()) for index in range(count)]
        require_gripper(folder, episodes, config.task)
        self._parts: list[_Part] = []
        demonstrations = 0
        for episode in episodes:
            for part in _find_parts(episode):
                demonstrations += part.demonstration
                if not part.demonstration or demonstrations <= config.demonstrations:
                    self._parts.append(part)
        if demonstrations < config.demonstrations:
            raise DatasetError(
                str(folder),
                expected=f"{config.demonstrations} demonstrations that ended in success",
                got=f"{demonstrations} in {count} episodes",
                fix=f"record more, or take these with demonstrations={demonstrations}",
            )

    def __len__(self) -> int:
        """Return the number of records."""
        return sum(part.records for part in self._parts)

    def read(self, first: int = 0) -> Iterator[Record]:
        """Yield records.

        Args:
            first: How many to leave out, as they were sent before.

        Raises:
            DatasetError: When pictures are damaged.
        """
        perception = Perception()
        for part in self._parts:
            if first < part.records:
                yield from self._read_part(part, first, perception)
            first = max(0, first - part.records)

    def _read_part(self, part: _Part, first: int, perception: Perception) -> Iterator[Record]:
        episode = self._reader.read_episode(part.episode)
        if first == 0:
            seen = perception.perceive(read_observation(episode, part.start))
            yield EpisodeBegin(seen, demonstration=True)
        toggled = find_toggles(episode)
        for step in range(part.start + max(0, first - 1), part.stop):
            yield self._read_step(part, episode, step, perception, toggled=bool(toggled[step]))
        yield EpisodeLabel(Label.SUCCESS if part.demonstration else Label.FAILURE)

    def _read_step(
        self, part: _Part, episode: Episode, step: int, perception: Perception, *, toggled: bool
    ) -> Transition:
        config, columns = self._config, episode.columns
        terminated = bool(_find_terminations(episode)[step])
        following = min(step + 1, len(episode) - 1)
        action = columns[ACTION][step]
        return Transition(
            action if has_gripper(config) else action[:TWIST_SIZE],
            float(columns["next.reward"][step, 0]),
            perception.perceive(read_observation(episode, following)),
            terminated=terminated,
            truncated=step == part.stop - 1 and not terminated,
            penalty=config.gripper_penalty * toggled,
            intervention=bool(columns["intervention"][step, 0]),
            commander=Commander(int(columns["commander"][step, 0])),
        )


def _find_parts(episode: Episode) -> list[_Part]:
    """Return the whole episode if it is a demonstration, else its corrections."""
    length = len(episode)
    commanded = episode.columns["commander"][:, 0] == Commander.OPERATOR
    terminated = bool(_find_terminations(episode)[-1])
    if commanded.all():
        succeeded = terminated and episode.columns["next.reward"][-1, 0] > 0.0
        return [_Part(episode.index, 0, length, True)] if succeeded else []
    corrected = commanded & episode.columns["intervention"][:, 0].astype(bool)
    if not terminated:
        corrected[-1] = False  # what followed it is not in the dataset
    edges = np.flatnonzero(np.diff(corrected.astype(np.int8), prepend=0, append=0))
    return [
        _Part(episode.index, int(start), int(stop), False)
        for start, stop in zip(edges[::2], edges[1::2], strict=True)
    ]


def _find_terminations(episode: Episode) -> NDArray[np.bool_]:
    """Return which steps ended the task, not only the time (frames,)."""
    done, truncated = (
        episode.columns[name][:, 0].astype(bool) for name in ("next.done", "next.truncated")
    )
    return done & ~truncated
