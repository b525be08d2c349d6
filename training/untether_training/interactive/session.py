"""The learner's side of a run: what it has seen, what it has learned, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from untether_hardware.actor_learner.record import Transition
from untether_training.interactive.actor import TWIST_SIZE, count_privileged, has_gripper
from untether_training.interactive.config import IMITATION, ROS, InteractiveConfig
from untether_training.interactive.episode_report import EpisodeReport, count_corrections
from untether_training.interactive.perception import list_arrays
from untether_training.interactive.replay_feed import restore
from untether_training.offpolicy.imitation import ImitationLearner
from untether_training.offpolicy.learner import OffPolicyLearner
from untether_training.offpolicy.mixture import Mixture
from untether_training.offpolicy.policy import HybridPolicy
from untether_training.offpolicy.replay_buffer import ReplayBuffer


class InteractiveSession:
    """Everything that the learner holds in memory.

    Args:
        config: Of the run.
        journal: Folder with all that was acknowledged, from which the memory is filled.
        reported: Episodes that were reported before, by a run that goes on.

    Attributes:
        config: Of the run.
        demonstrations: Episodes that were shown so far.
        episodes: That the actor finished so far.
        steps: Actions in them.
        corrected: Of which the operator commanded.
        elapsed: Training time so far [s].
    """

    def __init__(self, config: InteractiveConfig, journal: Path, *, reported: int = 0) -> None:
        self.config = config
        self.demonstrations = self.episodes = self.steps = self.corrected = 0
        self.elapsed = 0.0
        arrays = list_arrays(config.task.image_size, privileged=count_privileged(config))
        gripper = has_gripper(config)
        self.arrays, self.action_size = arrays, TWIST_SIZE + gripper
        memory = [
            ReplayBuffer(
                arrays,
                self.action_size,
                config.capacity,
                seed,
                steps=config.learner.return_steps,
                discount=config.learner.discount,
            )
            for seed in (2 * config.seed, 2 * config.seed + 1)
        ]
        self._experience, self._shown = memory
        self._learner: OffPolicyLearner | ImitationLearner
        if config.method == IMITATION:
            self._learner = ImitationLearner(
                arrays, TWIST_SIZE, gripper=gripper, config=config.imitation, seed=config.seed
            )
            self._batches = Mixture(*memory, share=1.0)
        else:
            self._learner = OffPolicyLearner(
                arrays, TWIST_SIZE, gripper=gripper, config=config.learner, seed=config.seed
            )
            self._batches = Mixture(*memory, share=config.demonstration_share)
        self._figures: dict[str, float] = {}
        self._reports: list[EpisodeReport] = []
        self._reported = reported
        self._feed = restore(journal, *memory, notice=self._notice)

    @property
    def policy(self) -> HybridPolicy:
        """What is learned."""
        return self._learner.policy

    @property
    def updates(self) -> int:
        """Of the learner so far."""
        return self._learner.updates

    @property
    def progress(self) -> float:
        """Share of the training that is done, from 0 to 1."""
        return min(1.0, self.elapsed / self.config.time_limit)

    @property
    def ready(self) -> bool:
        """Whether enough is known to learn from."""
        if self.demonstrations < self.config.demonstrations:
            return False
        if self.config.method == IMITATION:
            return len(self._shown) > 0
        return len(self._experience) >= self.config.warm_up

    def take_in(self) -> list[EpisodeReport]:
        """Read what the actor has sent, and return the episodes that it finished."""
        self._feed.update()
        reports, self._reports = self._reports, []
        return reports

    def learn(self) -> None:
        """Do an update."""
        batch = self._batches.sample(self.config.batch)
        if isinstance(self._learner, ImitationLearner):
            self._figures |= self._learner.update(batch)
        else:
            actor = (self.updates + 1) % self.config.actor_interval == 0
            self._figures |= self._learner.update(batch, actor=actor)

    def pass_time(self, since: float) -> float:
        """Count the time since a moment of the monotonic clock, and return that of now [s].

        As long as a robot has not shown enough to learn from, it does not count.
        """
        now = time.monotonic()
        if self.ready or self.config.actor != ROS:
            self.elapsed += now - since
        return now

    def weights(self) -> dict[str, NDArray[Any]]:
        """Return the policy's weights for the actor."""
        return {name: value.numpy() for name, value in self.policy.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on, but for the journal."""
        return {"learner": self._learner.state_dict(), "elapsed": self.elapsed}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a session of the same config stopped."""
        self._learner.load_state_dict(state["learner"])
        self.elapsed = state["elapsed"]

    def _notice(self, steps: Sequence[Transition], *, demonstration: bool) -> None:
        """Count a finished episode."""
        if demonstration:
            self.demonstrations += 1
            return
        self.episodes += 1
        corrected, corrections = count_corrections(steps)
        self.steps += len(steps)
        self.corrected += corrected
        if self.episodes <= self._reported:
            return
        figures = self._figures
        report = EpisodeReport(
            episode=self.episodes,
            elapsed=self.elapsed,
            steps=self.steps,
            updates=self.updates,
            success=int(bool(steps) and steps[-1].succeeds),
            length=len(steps),
            corrected=corrected,
            corrections=corrections,
            q=figures.get("q", 0.0),
            entropy=figures.get("entropy", 0.0),
            temperature=figures.get("temperature", 0.0),
            loss=figures.get("critic", figures.get("twist", 0.0)),
        )
        self._reports.append(report)
