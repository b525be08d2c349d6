"""Records episodes of a simulated task with a label of success for each frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from untether_hardware.datasets.features import Commander, Step
from untether_hardware.datasets.writer import DatasetWriter
from untether_hardware.manipulation.dataset_schema import make_schema
from untether_hardware.manipulation.registry import make_task
from untether_training.manipulation.dataset_frame import add_frame
from untether_training.manipulation.environment import ManipulationEnvironment, Observation
from untether_training.manipulation.experts import make_expert
from untether_training.success_classifier.behaviour import Actor, choose_behaviour


def record_episodes(
    task: str,
    folder: Path,
    *,
    episodes: int,
    seed: int,
    image_size: int = 128,
    on_episode: Callable[[int, int, int], None] | None = None,
) -> None:
    """Write a dataset of demonstrations, disturbed episodes and ones that must fail.

    Args:
        task: Name in the registry of tasks.
        folder: New or empty.
        episodes: How many.
        seed: Of starts and of all that is acted.
        image_size: Width and height of the pictures [px].
        on_episode: Told the episode's number, its frames, and how many of them show success.

    Raises:
        ValueError: When there is no such task.
        DatasetError: When the folder has something in it.
    """
    environment = ManipulationEnvironment(make_task(task), image_size=image_size)
    generator = np.random.default_rng(seed)
    expert = make_expert(environment, generator)
    config = environment.config
    try:
        with DatasetWriter.create(
            folder, make_schema(image_size, round(1.0 / config.period))
        ) as writer:
            for episode in range(episodes):
                behaviour = choose_behaviour(episode, gripper_fixed=config.gripper_fixed)
                observation, info = environment.reset(seed=seed if episode == 0 else None)
                actor = Actor(expert, behaviour, generator)
                labels = _record(writer, environment, actor, observation, info["is_success"])
                writer.finish_episode(task)
                if on_episode is not None:
                    on_episode(episode, len(labels), sum(labels))
    finally:
        environment.close()


def _record(
    writer: DatasetWriter,
    environment: ManipulationEnvironment,
    actor: Actor,
    observation: Observation,
    success: bool,
) -> list[bool]:
    """Add the frames of an episode, and return their labels."""
    labels: list[bool] = []
    action = actor.act(success=success)
    while action is not None:
        following, reward, _, _, info = environment.step(action)
        labels.append(success)
        over = len(labels) == environment.config.max_steps
        next_action = None if over else actor.act(success=info["is_success"])
        step = Step(
            (len(labels) - 1) * environment.config.period,
            reward,
            truncated=next_action is None,
            commander=Commander.OPERATOR,
        )
        add_frame(writer, observation, action, step, success=success)
        observation, success, action = following, info["is_success"], next_action
    return labels
