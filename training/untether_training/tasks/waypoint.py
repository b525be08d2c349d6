"""The waypoint task: fly to a point and stay, from the floor or the air, again and again."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.dynamics.state import QuadrotorState
from untether_training.tasks.starts import FlyingStart, Volume, sample_flying, sample_standing
from untether_training.tasks.task import Task, TaskConfig


@dataclass(frozen=True)
class WaypointConfig(TaskConfig):
    """Where drones start and where they are sent.

    Attributes:
        standing: Share of the drones that start on the floor, rotors stopped.
        flying: How the others start.
        volume: Where starts and goals lie.
    """

    name: str = "waypoint"
    standing: float = 0.3
    flying: FlyingStart = field(default_factory=FlyingStart)
    volume: Volume = field(default_factory=Volume)

    def build(
        self, description: QuadrotorDescription, count: int, generator: torch.Generator
    ) -> WaypointTask:
        """Return the task for `count` drones."""
        return WaypointTask(self, description, count, generator)


class WaypointTask(Task):
    """Goals are uniform in the flight volume; a drone that goes on flies a tour."""

    config: WaypointConfig

    def sample_start(self, count: int) -> QuadrotorState:
        """Return drones on the floor and in the air."""
        position = self.config.volume.sample(count, self.generator)
        state = sample_flying(self.config.flying, position, self.generator)
        standing = sample_standing(self.description, position, self.generator)
        draw = torch.rand(count, generator=self.generator, device=position.device)
        chosen = draw < self.config.standing
        state.storage.copy_(torch.where(chosen, standing.storage, state.storage))
        return state

    def set_goals(self, indices: Tensor, position: Tensor) -> None:
        """Send drones to points drawn from the volume."""
        goals = self.config.volume.sample(position.shape[1], self.generator)
        self.goal_position[:, indices] = goals
