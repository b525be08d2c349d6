"""What every task states: starts, goals, rewards and success."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription
from untether_training.dynamics.state import QuadrotorState
from untether_training.models.policy import QuadrotorPolicy
from untether_training.tasks.flight_environment import EnvironmentConfig, FlightEnvironment
from untether_training.tasks.flight_reward import flight_reward
from untether_training.tasks.randomisation import Range, sample_uniform


@dataclass(frozen=True)
class SuccessConfig:
    """When a leg counts as flown.

    Attributes:
        radius: Largest distance to the goal [m].
        hold_time: Time without a break within `radius` [s].
    """

    radius: float = 0.15
    hold_time: float = 0.5


@dataclass(frozen=True)
class CrashConfig:
    """What counts as a crash.

    Attributes:
        impact_speed: Downward speed on the floor [m/s].
        uprightness: Least cosine of the tilt on the floor [1].
        flying_uprightness: Least cosine of the tilt in the air [1]; -1 allows any.
        horizontal_limit: Largest |x| or |y| [m] map.
        height_limit: Largest z [m] map.
    """

    impact_speed: float = 1.0
    uprightness: float = 0.7
    flying_uprightness: float = 0.0
    horizontal_limit: float = 4.0
    height_limit: float = 4.5


@dataclass(frozen=True)
class TaskConfig(EnvironmentConfig):
    """What all tasks of lone drones configure.

    Attributes:
        leg_time: Range of the time given for a leg; a leg has one goal [s].
        continue_probability: Share of drones that fly on to the next leg from where they are.
        reset_carry_probability: Share of these whose policy starts afresh.
        success: When a leg counts as flown.
        crash: What counts as a crash.
    """

    leg_time: Range = (2.5, 4.0)
    continue_probability: float = 0.2
    reset_carry_probability: float = 0.3
    success: SuccessConfig = field(default_factory=SuccessConfig)
    crash: CrashConfig = field(default_factory=CrashConfig)

    def build_environment(
        self, policy: QuadrotorPolicy, count: int, generator: torch.Generator
    ) -> FlightEnvironment:
        """Return the environment of `count` drones; the generator also names the device."""
        from untether_training.tasks.environment import QuadrotorEnvironment

        task = self.build(CRAZYFLIE, count, generator)
        return QuadrotorEnvironment(task, policy.features, policy.actuation, count)

    def uninterrupted(self) -> TaskConfig:
        """Return the config for recording long flights: drones go on from leg to leg."""
        return replace(self, continue_probability=1.0, reset_carry_probability=0.0)

    def build(
        self, description: QuadrotorDescription, count: int, generator: torch.Generator
    ) -> Task:
        """Return the task for `count` drones; the generator also names the device."""
        raise NotImplementedError(
            f"task {self.name!r}: expected one of the tasks, got the base of all; "
            "choose one, e.g. task=waypoint"
        )


class Task(ABC):
    """Where drones start, where their goals are, and what is rewarded.

    Args:
        config: What all tasks configure.
        description: The robot.
        count: Number of drones, N.
        generator: Where all randomness comes from; also names the device.
    """

    def __init__(
        self,
        config: TaskConfig,
        description: QuadrotorDescription,
        count: int,
        generator: torch.Generator,
    ) -> None:
        self.config = config
        self.description = description
        self.generator = generator
        self.goal_position = torch.zeros(3, count, device=generator.device)
        """(3, N) [m] map."""
        self.goal_velocity = torch.zeros(3, count, device=generator.device)
        """(3, N) [m/s] map."""

    @abstractmethod
    def sample_start(self, count: int) -> QuadrotorState:
        """Return how `count` drones start."""

    @abstractmethod
    def set_goals(self, indices: Tensor, position: Tensor) -> None:
        """Give drones a new goal.

        Args:
            indices: (M,) drones.
            position: (3, M) [m] map; where they are.
        """

    def advance(self, timestep: float) -> None:
        """Move the goals by their velocities for a time [s]."""
        self.goal_position.add_(self.goal_velocity, alpha=timestep)

    def sample_leg_time(self, count: int) -> Tensor:
        """Return the time given for `count` legs, (count,) [s]."""
        return sample_uniform(self.config.leg_time, (count,), self.generator)

    def is_near(self, state: QuadrotorState) -> Tensor:
        """Return whose goal is within the radius of success, (N,) bool."""
        error = self.goal_position - state.position
        return error.square().sum(0) < self.config.success.radius**2

    def state_dict(self) -> dict[str, Tensor]:
        """Return all that changes while the drones fly."""
        return {"goal_position": self.goal_position, "goal_velocity": self.goal_velocity}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what `state_dict` returned."""
        for name, value in self.state_dict().items():
            value.copy_(state[name])

    def reward(self, state: QuadrotorState, command: Tensor, previous: Tensor) -> Tensor:
        """Return the reward per second of all drones but for crashes; see `flight_reward`."""
        return flight_reward(
            self.config.reward, state, self.goal_position, self.goal_velocity, command, previous
        )
