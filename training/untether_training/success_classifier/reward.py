"""Reward and end of episodes by the classifier instead of the simulator."""

from __future__ import annotations

from typing import Any, cast

import gymnasium

from untether_hardware.manipulation.registry import make_task
from untether_training.manipulation.environment import (
    Action,
    ManipulationEnvironment,
    Observation,
)
from untether_training.success_classifier.classifier import ClassifierError, SuccessClassifier
from untether_training.success_classifier.streak import SuccessStreak


class ClassifierReward(gymnasium.Wrapper[Observation, Action, Observation, Action]):
    """Rewards with 1, and terminates, where the classifier takes the task to be done.

    ``info["is_success"]`` stays what the simulator knows; ``info["success_probability"]`` is what
    the classifier says. The time limit truncates, also where only the simulator saw success.
    """

    def __init__(self, environment: ManipulationEnvironment, classifier: SuccessClassifier) -> None:
        """Wrap an environment.

        Args:
            environment: With pictures.
            classifier: Of the environment's task.

        Raises:
            ClassifierError: When the classifier is of another task, or lacks pictures.
        """
        super().__init__(environment)
        facts = classifier.facts
        task = type(environment.task)
        if task is not type(make_task(facts.task)):
            raise ClassifierError(
                "classifier",
                expected=f"one of {task.__name__}",
                got=f"one of {facts.task!r}",
                fix="take the classifier that was trained on this task",
            )
        spaces = cast("gymnasium.spaces.Dict", environment.observation_space)
        shape = (facts.image_size, facts.image_size, 3)
        for camera in facts.cameras:
            space = spaces.spaces.get(f"image_{camera}")
            if space is None or space.shape != shape:
                raise ClassifierError(
                    "environment",
                    expected=f"pictures of {camera}, {shape}",
                    got="none" if space is None else str(space.shape),
                    fix="create it with images=True and the classifier's image_size",
                )
        self._classifier = classifier
        self._streak = SuccessStreak(facts.threshold)
        self._limit = environment.config.max_steps
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode, as the environment does."""
        self._streak.reset()
        self._steps = 0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Act for one period, and judge the pictures after it."""
        observation, _, _, _, info = self.env.step(action)
        self._steps += 1
        cameras = self._classifier.facts.cameras
        probability = self._classifier.judge(
            {camera: observation[f"image_{camera}"] for camera in cameras}
        )
        done = self._streak.add(probability)
        truncated = not done and self._steps >= self._limit
        return (
            observation,
            float(done),
            done,
            truncated,
            {**info, "success_probability": probability},
        )
