"""Lets a bundle do its task in scenes that training never saw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from untether_hardware.franka.twist import ToolTwist
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.registry import make_task
from untether_hardware.manipulation.tensors import (
    CAMERAS,
    measure_inputs,
    read_twist,
    require_arm_policy,
)
from untether_policies.bundle import load_bundle
from untether_policies.policy import Policy
from untether_training.interactive.actor import FIRST_TRAINING_SEED
from untether_training.interactive.evaluation import InteractiveEvaluation, Tally
from untether_training.manipulation.environment import Action, ManipulationEnvironment, Observation
from untether_training.manipulation.experts import make_expert
from untether_training.manipulation.scripted_expert import ScriptedExpert

Progress = Callable[[int, int], None]


def evaluate_arm(
    path: Path,
    *,
    episodes: int,
    seed: int,
    task: str | None = None,
    on_progress: Progress = lambda done, total: None,
) -> InteractiveEvaluation:
    """Evaluate a bundle, and whoever shows the task, in the same scenes.

    Args:
        path: Of the bundle.
        episodes: How many of each.
        seed: Of the first scene.
        task: Name of the task; None takes what the contract's provenance says.
        on_progress: Is told the episodes that are done, and their number.

    Raises:
        BundleError: When the bundle is refused, or is not for an arm.
        ValueError: When there is no such task.
    """
    began = time.monotonic()
    if seed + episodes > FIRST_TRAINING_SEED:
        raise ValueError(
            f"seed: expected at most {FIRST_TRAINING_SEED - episodes}, got {seed}. "
            "Fix: choose a smaller one; scenes of training have those above."
        )
    bundle = load_bundle(path)
    size = require_arm_policy(bundle.contract)
    name = task or str(bundle.contract.provenance.get("task", ""))
    total = 2 * episodes
    with closing(ManipulationEnvironment(make_task(name), image_size=size)) as environment:
        actor = BundleActor(Policy.from_bundle(bundle), environment)
        scenes = _announce(range(seed, seed + episodes), 0, total, on_progress)
        own = _count("policy", environment, actor, scenes)
    with closing(ManipulationEnvironment(make_task(name), images=False)) as environment:
        expert = make_expert(environment, np.random.default_rng(seed))
        scenes = _announce(range(seed, seed + episodes), episodes, total, on_progress)
        shown = _count("demonstrator", environment, expert, scenes)
    seconds = time.monotonic() - began
    return InteractiveEvaluation(
        bundle.contract.name, bundle.sha256, name, seed, seconds, own, shown
    )


class BundleActor:
    """Acts as a bundle says, in an environment whose arm it reads.

    Args:
        policy: The bundle's.
        environment: Where it acts, with pictures.
    """

    def __init__(self, policy: Policy, environment: ManipulationEnvironment) -> None:
        self._policy = policy
        self._environment = environment

    def reset(self) -> None:
        """Begin an episode."""
        self._policy.reset()

    def act(self, observation: Observation) -> Action:
        """Return the next action, (7,) [1].

        Args:
            observation: Of which only the pictures are used.
        """
        pictures = {camera: observation[f"image_{camera}"] for camera in CAMERAS}
        values = measure_inputs(self._environment.arm.read_state(), pictures)
        for name, array in self._policy.inputs.items():
            array[0] = values[name]
        self._policy.step()
        return to_action(read_twist(self._policy.outputs), self._environment.config)


def to_action(twist: ToolTwist, config: ManipulationConfig) -> Action:
    """Return the environment's action, (7,) [1], for what a policy wants."""
    linear = twist.linear * config.period / config.translation_scale
    angular = twist.angular * config.period / config.rotation_scale
    return np.concatenate((linear, angular, [twist.gripper])).astype(np.float32)


def _announce(scenes: range, done: int, total: int, on_progress: Progress) -> Iterator[int]:
    """Yield the scenes, and tell after each how many episodes are done."""
    for number, scene in enumerate(scenes, start=done + 1):
        yield scene
        on_progress(number, total)


def _count(
    name: str,
    environment: ManipulationEnvironment,
    actor: BundleActor | ScriptedExpert,
    scenes: Iterable[int],
) -> Tally:
    """Run an episode in each scene."""
    times, episodes = [], 0
    for scene in scenes:
        observation, _ = environment.reset(seed=scene)
        actor.reset()
        steps, ended, succeeded = 0, False, False
        while not ended:
            action = actor.act(observation) if isinstance(actor, BundleActor) else actor.act()
            observation, _, terminated, truncated, info = environment.step(action)
            succeeded = info["is_success"]
            ended = terminated or truncated
            steps += 1
        episodes += 1
        if succeeded:
            times.append(steps * environment.config.period)
    return Tally(name, tuple(times), episodes)
