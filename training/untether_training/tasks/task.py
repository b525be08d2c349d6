"""What every task states: starts, goals, rewards and success."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.dynamics.state import QuadrotorState
from untether_training.tasks import rewards
from untether_training.tasks.randomisation import RandomisationConfig, Range, sample_uniform
from untether_training.tasks.sensors import SensorNoiseConfig


@dataclass(frozen=True)
class RewardConfig:
    """Weights of the reward's terms [1/s] and their parameters.

    Attributes:
        alive: For being in the air at all.
        distance: Times the distance to the goal [1/m], up to `distance_limit`.
        nearness: For being near the goal, half of it at `nearness_radius`.
        approach: Times the squared difference from a calm approach [s^2/m^2].
        overspeed: Times the squared speed above `speed_limit` [s^2/m^2].
        spin: Times the squared body rate [s^2/rad^2].
        tilt: Times one minus the cosine of the tilt [1].
        command_change: Times the squared change of the commands between control steps.
        excess: Times the part of the actions that is clipped.
        crash: Once, at a crash [1].
        distance_limit: [m].
        nearness_radius: [m].
        approach_gain: Wanted speed over distance near the goal [1/s].
        cruising_speed: Wanted speed far from the goal [m/s].
        speed_limit: [m/s].
        yaw_weight: How many times yaw counts in `spin`.
        least: Least reward [1/s] but for a crash, so that hopeless drones do not upset the critic.
    """

    alive: float = 1.0
    distance: float = -0.5
    nearness: float = 1.0
    approach: float = -0.3
    overspeed: float = -2.0
    spin: float = -0.02
    tilt: float = 0.0
    command_change: float = -1.0
    excess: float = -1.0
    crash: float = -5.0
    distance_limit: float = 2.0
    nearness_radius: float = 0.1
    approach_gain: float = 2.5
    cruising_speed: float = 2.0
    speed_limit: float = 2.4
    yaw_weight: float = 10.0
    least: float = -4.0


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
class TaskConfig:
    """What all tasks configure.

    Attributes:
        name: Name of the task.
        leg_time: Range of the time given for a leg; a leg has one goal [s].
        continue_probability: Share of drones that fly on to the next leg from where they are.
        reset_carry_probability: Share of these whose policy starts afresh.
        reward: Weights.
        success: When a leg counts as flown.
        crash: What counts as a crash.
        randomisation: How drones differ.
        noise: How wrong their sensors are.
    """

    name: str = ""
    leg_time: Range = (2.5, 4.0)
    continue_probability: float = 0.2
    reset_carry_probability: float = 0.3
    reward: RewardConfig = field(default_factory=RewardConfig)
    success: SuccessConfig = field(default_factory=SuccessConfig)
    crash: CrashConfig = field(default_factory=CrashConfig)
    randomisation: RandomisationConfig = field(default_factory=RandomisationConfig)
    noise: SensorNoiseConfig = field(default_factory=SensorNoiseConfig)

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
        """Return the reward per second of all drones but for crashes.

        Args:
            state: True state after the control step.
            command: (4, N) [1] commanded thrust over the largest.
            previous: (4, N) [1] that of the step before.

        Returns:
            (N,) [1/s].
        """
        weights = self.config.reward
        error = self.goal_position - state.position
        velocity = state.linear_velocity - self.goal_velocity
        approach = rewards.approach_error(
            error, velocity, weights.approach_gain, weights.cruising_speed
        )
        total = weights.nearness * rewards.nearness(error, weights.nearness_radius)
        total.add_(rewards.distance(error, weights.distance_limit), alpha=weights.distance)
        total.add_(approach, alpha=weights.approach)
        fast = rewards.overspeed(state.linear_velocity, weights.speed_limit)
        total.add_(fast, alpha=weights.overspeed)
        spin = rewards.spin(state.angular_velocity, weights.yaw_weight)
        total.add_(spin, alpha=weights.spin)
        if weights.tilt:
            total.add_(rewards.tilt(state.orientation), alpha=weights.tilt)
        total.add_(rewards.command_change(command, previous), alpha=weights.command_change)
        return total.add_(weights.alive)
