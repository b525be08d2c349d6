"""What every environment offers to the learner, and every task's config to the session."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any

import torch
from rsl_rl.env import VecEnv
from torch import Tensor

from untether_training.models.policy import QuadrotorPolicy
from untether_training.tasks.flight_reward import RewardConfig
from untether_training.tasks.legs import LegTally
from untether_training.tasks.randomisation import RandomisationConfig
from untether_training.tasks.sensors import SensorNoiseConfig


class FlightEnvironment(VecEnv):
    """Drones that fly legs, one goal each.

    Attributes:
        timestep: Time between two commands [s].
        inputs: What the policy was told at the last step and had carried to it, by name,
            (N, *shape) each.
        tally: How the legs of this iteration went.
    """

    timestep: float
    inputs: dict[str, Tensor]
    tally: LegTally

    def begin_iteration(self, progress: float) -> None:
        """Count legs anew, and fit difficulty to the share of the training that is done."""
        self.tally = LegTally()

    @abstractmethod
    def desynchronise(self) -> None:
        """Let not all legs end at once."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return all that changes while the drones fly."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""


@dataclass(frozen=True)
class EnvironmentConfig:
    """What the configs of all tasks have.

    Attributes:
        name: Name of the task.
        reward: Weights.
        randomisation: How drones differ.
        noise: How wrong their sensors are.
    """

    name: str = ""
    reward: RewardConfig = field(default_factory=RewardConfig)
    randomisation: RandomisationConfig = field(default_factory=RandomisationConfig)
    noise: SensorNoiseConfig = field(default_factory=SensorNoiseConfig)

    def build_environment(
        self, policy: QuadrotorPolicy, count: int, generator: torch.Generator
    ) -> FlightEnvironment:
        """Return the environment of `count` drones; the generator also names the device."""
        raise NotImplementedError(
            f"task {self.name!r}: expected one of the tasks, got the base of all; "
            "choose one, e.g. task=waypoint"
        )

    def uninterrupted(self) -> EnvironmentConfig:
        """Return the config for recording long flights: drones go on from leg to leg."""
        return self
