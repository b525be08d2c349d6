"""The hover task: recover from a throw in any attitude and stay where it happened."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.dynamics.state import QuadrotorState
from untether_training.tasks.flight_reward import RewardConfig
from untether_training.tasks.starts import FlyingStart, Volume, sample_flying
from untether_training.tasks.task import CrashConfig, SuccessConfig, Task, TaskConfig


@dataclass(frozen=True)
class HoverConfig(TaskConfig):
    """How drones are thrown.

    A Crazyflie that is thrown down at 3 m/s upside down needs 3 to 4 m to come to rest, so
    throws begin high above the floor.

    Attributes:
        throw: Attitude, speed and spin of the throw.
        volume: Where throws begin, and what the goals are: the place of the throw.
    """

    name: str = "hover"
    leg_time: tuple[float, float] = (3.0, 4.5)
    continue_probability: float = 0.0
    throw: FlyingStart = field(
        default_factory=lambda: FlyingStart(tilt=3.1416, speed=3.0, rate=10.0, thrust=(0.0, 0.6))
    )
    volume: Volume = field(
        default_factory=lambda: Volume(x=(-1.0, 1.0), y=(-1.0, 1.0), z=(4.0, 6.0))
    )
    success: SuccessConfig = field(default_factory=lambda: SuccessConfig(0.3, 1.0))
    crash: CrashConfig = field(
        default_factory=lambda: CrashConfig(
            flying_uprightness=-1.0, horizontal_limit=6.0, height_limit=10.0
        )
    )
    reward: RewardConfig = field(
        default_factory=lambda: RewardConfig(
            approach=-0.15, overspeed=0.0, spin=-0.01, tilt=-0.5, command_change=-0.5
        )
    )

    def build(
        self, description: QuadrotorDescription, count: int, generator: torch.Generator
    ) -> HoverTask:
        """Return the task for `count` drones."""
        return HoverTask(self, description, count, generator)


class HoverTask(Task):
    """The goal is the place of the throw."""

    config: HoverConfig

    def sample_start(self, count: int) -> QuadrotorState:
        """Return thrown drones."""
        position = self.config.volume.sample(count, self.generator)
        return sample_flying(self.config.throw, position, self.generator)

    def set_goals(self, indices: Tensor, position: Tensor) -> None:
        """Ask drones (M,) to stay at `position` (3, M) [m] map."""
        self.goal_position[:, indices] = position
