"""One process of the training benchmark: a swarm's training, iterated and timed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import ParamSpec, TypeVar, cast

from untether_training.conf.presets import PRESETS
from untether_training.conf.training import TrainingConfig
from untether_training.learning.session import TrainingSession
from untether_training.swarm.build import SwarmPolicyConfig
from untether_training.swarm.environment import SwarmEnvironment
from untether_training.swarm.network import SwarmNetworkConfig

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_NETWORK = SwarmNetworkConfig(width=12, layers=1, heads=1, head=12)  # 1,864 parameters


def training_config(drones: int, seed: int) -> TrainingConfig:
    """Return the swarm's preset with the small network, without an end.

    Args:
        drones: That fly at once.
        seed: Of everything random.
    """
    preset = cast(TrainingConfig, PRESETS["swarm"])
    policy = SwarmPolicyConfig(network=_NETWORK)
    task = replace(preset.task, drones=8)
    return replace(preset, task=task, policy=policy, num_envs=drones, seed=seed, time_limit=1e9)


class TrainingSide:
    """A training whose parts are timed.

    Attributes:
        steps: Control steps of all drones in an iteration.
        parts: How long each part of the last iteration took [s].

    Args:
        drones: That fly at once.
        seed: Of everything random.
    """

    def __init__(self, drones: int, seed: int) -> None:
        config = training_config(drones, seed)
        self._session = session = TrainingSession(config)
        self.steps = drones * config.learner.steps
        self.parts: defaultdict[str, float] = defaultdict(float)
        environment, learner = session.environment, session.learner
        environment.step = self._timed("environment", environment.step)
        learner.act = self._timed("inference", learner.act)
        learner.process_env_step = self._timed("storage", learner.process_env_step)
        learner.compute_returns = self._timed("storage", learner.compute_returns)
        learner.update = self._timed("update", learner.update)

    def warm_up(self) -> None:
        """Iterate once, and let collisions be replayed from now on."""
        self._session.iterate()
        environment = cast(SwarmEnvironment, self._session.environment)  # as the preset says
        environment.replays = True

    def iterate(self) -> float:
        """Iterate once, and return how long it took [s]."""
        self.parts.clear()
        start = perf_counter()
        self._session.iterate()
        return perf_counter() - start

    def _timed(
        self, part: str, function: Callable[Arguments, Result]
    ) -> Callable[Arguments, Result]:
        """Return a function that also adds its time to a part's."""

        def measured(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            start = perf_counter()
            result = function(*args, **kwargs)
            self.parts[part] += perf_counter() - start
            return result

        return measured
