"""The actor: acts in a simulated scene, is corrected, and tells the learner all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from untether_hardware.actor_learner.record import (
    EpisodeBegin,
    EpisodeLabel,
    Label,
    Record,
    Transition,
)
from untether_hardware.datasets.features import Commander
from untether_hardware.manipulation.registry import make_task
from untether_training.interactive.config import InteractiveConfig
from untether_training.interactive.episode_recorder import EpisodeRecorder
from untether_training.interactive.perception import Perception, list_arrays, to_tensors
from untether_training.manipulation.environment import Action, ManipulationEnvironment, Observation
from untether_training.manipulation.experts import make_expert
from untether_training.manipulation.simulated_operator import SimulatedOperator
from untether_training.offpolicy.policy import HybridPolicy

TWIST_SIZE = 6
FIRST_TRAINING_SEED = 2**30
"""Scenes of the training have seeds from here on; those of evaluations are below."""

Sender = Callable[[Record], object]

_Arrays = Mapping[str, NDArray[Any]]


class InteractiveActor:
    """Shows how the task is done, and then does it with the policy while an operator watches.

    Attributes:
        policy: What acts; its weights may be changed between episodes.
    """

    def __init__(
        self,
        config: InteractiveConfig,
        send: Sender,
        *,
        seed: int,
        recorder: EpisodeRecorder | None = None,
    ) -> None:
        """Create the scene.

        Args:
            config: Of the run.
            send: Where records go.
            seed: Of scenes, expert, operator and exploration.
            recorder: What puts episodes into a dataset, before the learner hears of their end.
        """
        self._config = config
        self._send = send
        self._recorder = recorder
        task = make_task(config.task.name)
        self._environment = ManipulationEnvironment(
            task, image_size=config.task.image_size, privileged=count_privileged(config) > 0
        )
        self._task = task
        sources = np.random.default_rng(seed).spawn(4)
        self._scenes = sources[0]
        self._expert = make_expert(self._environment, sources[1], config.skill)
        self._operator = SimulatedOperator(
            make_expert(self._environment, sources[2], config.skill),
            sources[3],
            period=task.config.period,
            habits=config.operator,
        )
        self._generator = torch.Generator().manual_seed(seed)
        self._perception = Perception()
        self._observation: Observation = {}
        self.policy = make_policy(config)

    def demonstrate(self) -> bool:
        """Let the expert show an episode; it is sent only if it succeeds, which is returned."""
        records: list[Record] = [EpisodeBegin(self._begin(demonstration=True), True)]
        self._expert.reset()
        while True:
            step = self._step(self._expert.act(), Commander.OPERATOR)
            records.append(step)
            if step.ends:
                break
        if step.succeeds:
            for record in (*records, EpisodeLabel(Label.SUCCESS)):
                self._send(record)
        return step.succeeds

    def run_episode(self) -> bool:
        """Let the policy act for an episode, corrected by the operator; return its success."""
        seen = self._begin()
        self._operator.reset()
        self._send(EpisodeBegin(seen))
        for correction in self._watch():
            if correction is None:
                step = self._step(self._decide(seen), Commander.POLICY)
            else:
                step = self._step(correction, Commander.OPERATOR, intervention=True)
            self._send(step)
            seen = step.next_observation
            if step.ends:
                self._operator.judge(success=step.succeeds)
                self._send(EpisodeLabel(Label.SUCCESS if step.succeeds else Label.FAILURE))
                return step.succeeds
        raise AssertionError("an operator watches for ever")

    def close(self) -> None:
        """Free what the scene holds."""
        self._environment.close()

    def _begin(self, *, demonstration: bool = False) -> _Arrays:
        """Draw a scene, and return what is perceived of it."""
        seed = int(self._scenes.integers(FIRST_TRAINING_SEED, 2**31))
        self._observation = self._environment.reset(seed=seed)[0]
        if self._recorder is not None:
            self._recorder.begin(demonstration=demonstration)
        return self._perception.perceive(self._observation)

    def _watch(self) -> Iterator[Action | None]:
        """Yield what the operator does, step after step."""
        arm = self._environment.arm
        while True:
            remaining = self._task.measure_remaining(arm.data, arm.read_state())
            yield self._operator.watch(remaining)

    def _decide(self, seen: _Arrays) -> Action:
        with torch.no_grad():
            action = self.policy(to_tensors(seen), self._generator)[0].numpy()
        return complete_action(action)

    def _step(
        self, action: Action, commander: Commander, *, intervention: bool = False
    ) -> Transition:
        """Act, record it, and return what came of it."""
        action = np.asarray(action, np.float32)
        observation, reward, terminated, truncated, info = self._environment.step(action)
        step = Transition(
            action if has_gripper(self._config) else action[:TWIST_SIZE],
            reward,
            self._perception.perceive(observation),
            terminated=terminated,
            truncated=truncated,
            penalty=self._config.gripper_penalty * info["gripper_toggled"],
            intervention=intervention,
            commander=commander,
        )
        if self._recorder is not None:
            self._recorder.add(self._observation, action, step)
            if step.ends:
                self._recorder.finish()
        self._observation = observation
        return step


def has_gripper(config: InteractiveConfig) -> bool:
    """Return whether the policy commands the gripper, which some tasks keep closed."""
    return not make_task(config.task.name).config.gripper_fixed


def count_privileged(config: InteractiveConfig) -> int:
    """Return how many numbers are kept that only a simulator knows."""
    return make_task(config.task.name).privileged_size if config.keeps_privileged else 0


def complete_action(action: Action) -> Action:
    """Return an action with a gripper's command, which is none where the policy gives none."""
    if len(action) > TWIST_SIZE:
        return action
    return np.append(action, np.float32(0.0))


def make_policy(config: InteractiveConfig) -> HybridPolicy:
    """Return a policy of the run's sizes, untrained."""
    return HybridPolicy(
        list_arrays(config.task.image_size),
        TWIST_SIZE,
        gripper=has_gripper(config),
        hidden=config.learner.hidden,
        encoder=config.learner.encoder,
    )
