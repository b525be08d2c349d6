"""An episode on the robot, as the records that its learner gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from untether_hardware.actor_learner.record import (
    EpisodeBegin,
    EpisodeLabel,
    Label,
    Record,
    Transition,
)
from untether_hardware.datasets.features import Commander
from untether_hardware.exploration.done_action import DoneActions
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.manipulation.config import ManipulationConfig

_Observation = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class EpisodeSummary:
    """What became of an episode.

    Attributes:
        steps: Transitions.
        corrected: Of which an operator commanded.
        total: Sum of the rewards.
    """

    steps: int = 0
    corrected: int = 0
    total: float = 0.0


class EpisodeRecords:
    """Turns observations and setpoints into records, each as soon as it is complete.

    The reward is 1 for a success, which terminates the episode, else 0. A deadline truncates it,
    and so does a person who gives it up; whatever else ends it leaves it cut off. A demonstration
    is kept back until it is known to be a success; it begins when the operator first commands.

    Args:
        config: Of the task.
        action_size: 7, or 6 where the policy does not command the gripper.
        penalty: Given to the gripper's critic for each change of direction.
        closed: Whether the gripper is closed at first.
        demonstration: Whether an operator shows the whole episode.

    Attributes:
        summary: What became of it so far.
    """

    def __init__(
        self,
        config: ManipulationConfig,
        *,
        action_size: int,
        penalty: float,
        closed: bool,
        demonstration: bool = False,
    ) -> None:
        self.summary = EpisodeSummary()
        self._period = config.period
        self._size, self._penalty = action_size, penalty
        self._demonstration = demonstration
        self._actions = DoneActions(config, closed=closed)
        self._latest: tuple[float, _Observation] | None = None
        self._begun = False  # whether the learner is told of the episode
        self._kept: list[Record] = []

    def command(self, stamp: float, commander: Commander, twist: ToolTwist) -> None:
        """Take in what the arm is told.

        Args:
            stamp: Of the state that it answers [s].
            commander: Who asked for it.
            twist: What came of it after all limits.
        """
        self._actions.add(stamp, commander, twist)

    def observe(self, stamp: float, observation: _Observation) -> list[Record]:
        """Take in what is answered next, and return what is complete by it.

        Args:
            stamp: Of the pictures [s].
            observation: What the learner keeps of them and of the state.
        """
        return self._give(self._step(stamp, observation, None))

    def finish(self, label: Label | None, stamp: float, observation: _Observation) -> list[Record]:
        """End the episode with what was observed last, and return what is complete by it.

        Args:
            label: How it came out; None when nobody can tell.
            stamp: Of the last pictures [s].
            observation: What the learner keeps of them and of the state.
        """
        if self._latest is None or label in (None, Label.DISCARD):
            return self.abandon(label)
        return self._end(label, self._step(stamp, observation, label))

    def abandon(self, label: Label | None) -> list[Record]:
        """End the episode when nothing is observed any more, and return what is complete by it.

        The last action is left out then, unless it was the success.

        Args:
            label: How it came out; None when nobody can tell.
        """
        if label != Label.SUCCESS or self._latest is None:
            return self._end(label, [])
        # Nothing follows a success, so that it does not matter what was seen after it.
        stamp, observation = self._latest
        return self.finish(label, stamp + self._period, observation)

    def _step(self, stamp: float, observation: _Observation, label: Label | None) -> list[Record]:
        """Return what was done since the last observation, after a begin where there was none."""
        before, self._latest = self._latest, (stamp, observation)
        if before is None:
            return [] if self._demonstration else self._begin(observation)
        done = self._actions.take(before[0], stamp)
        helped = done.commander is Commander.OPERATOR
        records = []
        if not self._begun:
            if not helped:
                return []
            records = self._begin(before[1])
        reward = float(label == Label.SUCCESS)
        summary = self.summary
        self.summary = EpisodeSummary(
            summary.steps + 1, summary.corrected + helped, summary.total + reward
        )
        step = Transition(
            done.action[: self._size],
            reward,
            observation,
            terminated=label == Label.SUCCESS,
            truncated=label == Label.FAILURE,
            penalty=self._penalty * done.toggled,
            intervention=helped and not self._demonstration,
            commander=done.commander,
        )
        return [*records, step]

    def _begin(self, observation: _Observation) -> list[Record]:
        self._begun = True
        return [EpisodeBegin(observation, self._demonstration)]

    def _give(self, records: list[Record]) -> list[Record]:
        """Return records, or keep them back as long as it may be a demonstration that fails."""
        if not self._demonstration:
            return records
        self._kept += records
        return []

    def _end(self, label: Label | None, records: list[Record]) -> list[Record]:
        if not self._begun or (self._demonstration and label != Label.SUCCESS):
            return []
        end = [] if label is None else [EpisodeLabel(label)]
        return [*self._kept, *records, *end]
