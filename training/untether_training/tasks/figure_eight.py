"""The figure-eight task: follow a goal that runs along a figure eight."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.dynamics.state import QuadrotorState
from untether_training.tasks.flight_reward import RewardConfig
from untether_training.tasks.randomisation import Range, sample_uniform
from untether_training.tasks.starts import FlyingStart, sample_flying
from untether_training.tasks.task import SuccessConfig, Task, TaskConfig


@dataclass(frozen=True)
class FigureEightConfig(TaskConfig):
    """Which figures goals follow, and where drones start.

    The figure is a lemniscate of Gerono: sin(phase) along its length and half of sin(2 phase)
    across it, in a plane that is turned about the vertical and tilted about its length.

    Attributes:
        half_length: Of the figure [m].
        period: Time of a round [s].
        centre_x: [m] map.
        centre_y: [m] map.
        centre_z: [m] map.
        incline: Largest tilt of the figure's plane about its length [rad].
        start_distance: Largest distance of a start from the goal along each axis [m].
        flying: How drones start.
    """

    name: str = "figure_eight"
    leg_time: Range = (4.0, 7.0)
    continue_probability: float = 0.1
    half_length: Range = (0.5, 1.2)
    period: Range = (5.0, 9.0)
    centre_x: Range = (-0.5, 0.5)
    centre_y: Range = (-0.5, 0.5)
    centre_z: Range = (1.0, 1.8)
    incline: float = 0.5
    start_distance: float = 0.5
    flying: FlyingStart = field(
        default_factory=lambda: FlyingStart(tilt=0.5, speed=1.0, rate=2.0, thrust=(0.3, 0.7))
    )
    success: SuccessConfig = field(default_factory=lambda: SuccessConfig(0.15, 3.0))
    reward: RewardConfig = field(
        default_factory=lambda: RewardConfig(cruising_speed=1.0, speed_limit=2.5)
    )

    def build(
        self, description: QuadrotorDescription, count: int, generator: torch.Generator
    ) -> FigureEightTask:
        """Return the task for `count` drones."""
        return FigureEightTask(self, description, count, generator)


class FigureEightTask(Task):
    """Each drone has a figure of its own; its goal starts anywhere on it."""

    config: FigureEightConfig

    def __init__(
        self,
        config: FigureEightConfig,
        description: QuadrotorDescription,
        count: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__(config, description, count, generator)
        device = generator.device
        self.phase = torch.zeros(count, device=device)
        """(N,) [rad]."""
        self.phase_rate = torch.zeros(count, device=device)
        """(N,) [rad/s]."""
        self.centre = torch.zeros(3, count, device=device)
        """(3, N) [m] map."""
        self.along = torch.zeros(3, count, device=device)
        """(3, N) [m] map; half the figure's length."""
        self.across = torch.zeros(3, count, device=device)
        """(3, N) [m] map; half the figure's width."""

    def sample_start(self, count: int) -> QuadrotorState:
        """Return drones near the room's middle; `set_goals` puts the figure near them."""
        config = self.config
        bounds = (config.centre_x, config.centre_y, config.centre_z)
        position = torch.stack([sample_uniform(axis, (count,), self.generator) for axis in bounds])
        return sample_flying(config.flying, position, self.generator)

    def set_goals(self, indices: Tensor, position: Tensor) -> None:
        """Give drones (M,) at `position` (3, M) [m] map a figure that begins near them."""
        config, count = self.config, indices.numel()

        def draw(low: float, high: float, rows: int = 1) -> Tensor:
            return sample_uniform((low, high), (rows, count), self.generator)

        heading = draw(-math.pi, math.pi)
        incline = draw(-config.incline, config.incline)
        half_length = draw(*config.half_length)
        level = torch.zeros_like(heading)
        along = torch.cat((heading.cos(), heading.sin(), level)) * half_length
        across = torch.cat(
            (-heading.sin() * incline.cos(), heading.cos() * incline.cos(), incline.sin())
        )
        self.along[:, indices] = along
        self.across[:, indices] = across * (0.5 * half_length)
        self.phase[indices] = draw(-math.pi, math.pi)[0]
        self.phase_rate[indices] = 2.0 * math.pi / draw(*config.period)[0]
        self.centre[:, indices] = 0.0
        self._place_goals()
        offset = draw(-config.start_distance, config.start_distance, 3)
        centre = position + offset - self.goal_position[:, indices]
        bounds = torch.tensor(
            (config.centre_x, config.centre_y, config.centre_z), device=centre.device
        )
        self.centre[:, indices] = centre.clamp(bounds[:, :1], bounds[:, 1:])
        self._place_goals()

    def advance(self, timestep: float) -> None:
        """Move the goals along their figures by a time [s]."""
        self.phase.add_(self.phase_rate, alpha=timestep)
        self._place_goals()

    def state_dict(self) -> dict[str, Tensor]:
        """Return all that changes while the drones fly."""
        return {
            **super().state_dict(),
            "phase": self.phase,
            "phase_rate": self.phase_rate,
            "centre": self.centre,
            "along": self.along,
            "across": self.across,
        }

    def _place_goals(self) -> None:
        """Set goal positions and velocities by the phases."""
        sine, cosine = self.phase.sin(), self.phase.cos()
        double = 2.0 * self.phase
        self.goal_position.copy_(self.centre + self.along * sine + self.across * double.sin())
        velocity = self.along * cosine + self.across * (2.0 * double.cos())
        self.goal_velocity.copy_(velocity * self.phase_rate)
