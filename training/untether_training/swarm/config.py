"""The config of the swarm task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.models.policy import QuadrotorPolicy
from untether_training.swarm.collision_replay import ReplayConfig
from untether_training.swarm.course import CourseConfig
from untether_training.swarm.obstacles import ObstacleView
from untether_training.tasks.flight_environment import EnvironmentConfig
from untether_training.tasks.flight_reward import RewardConfig
from untether_training.tasks.randomisation import Range

if TYPE_CHECKING:
    from untether_training.swarm.environment import SwarmEnvironment


@dataclass(frozen=True)
class CollisionRewardConfig:
    """What collisions cost; penalties grow from nothing while the drones learn to fly.

    Attributes:
        drone: Once, when two drones touch, for each of them [1].
        column: Once, when a drone touches a column [1].
        wall: Once, when a drone touches a wall or the ceiling [1].
        floor: Once, when a drone touches the floor [1]; it then starts elsewhere.
        near_drone: At no distance from another drone, falling to zero at `near_drone_range` [1/s].
        near_column: At a column's surface, falling to zero at `near_column_range` [1/s].
        near_drone_range: Between the centres of two drones [m].
        near_column_range: From a drone's hull [m].
        annealing: Share of the training over which the penalties grow.
    """

    drone: float = -8.0
    column: float = -8.0
    wall: float = -8.0
    floor: float = -5.0
    near_drone: float = -8.0
    near_column: float = -4.0
    near_drone_range: float = 0.35
    near_column_range: float = 0.12
    annealing: float = 0.3


@dataclass(frozen=True)
class SwarmConfig(EnvironmentConfig):
    """What the drones of a world do.

    Attributes:
        drones: Drones in each world.
        neighbours: How many others a drone sees.
        episode_time: Time for which a world's columns stand [s].
        leg_time: Range of the time between two draws of the goals within an episode [s].
        course: Room and columns.
        curriculum: Share of the training over which density and size grow to their full ranges.
        collisions: What collisions cost.
        replay: How collisions are replayed.
    """

    name: str = "swarm"
    drones: int = 8
    neighbours: int = 2
    episode_time: float = 15.0
    leg_time: Range = (5.0, 10.0)
    course: CourseConfig = field(default_factory=CourseConfig)
    reward: RewardConfig = field(
        default_factory=lambda: RewardConfig(
            approach=-0.1, progress=3.5, cruising_speed=1.5, speed_limit=2.0
        )
    )
    curriculum: float = 0.4
    collisions: CollisionRewardConfig = field(default_factory=CollisionRewardConfig)
    replay: ReplayConfig = field(default_factory=ReplayConfig)

    def build_environment(
        self, policy: QuadrotorPolicy, count: int, generator: torch.Generator
    ) -> SwarmEnvironment:
        """Return the environment of `count` drones; the generator also names the device.

        Raises:
            ValueError: When the drones do not fill worlds.
        """
        from untether_training.swarm.environment import SwarmEnvironment

        if count % self.drones:
            raise ValueError(
                f"num_envs: expected a multiple of task.drones = {self.drones}, got {count}; "
                "choose another"
            )
        return SwarmEnvironment(
            self,
            CRAZYFLIE,
            policy.features,
            policy.actuation,
            count // self.drones,
            generator,
            ObstacleView.of(policy.inputs),
        )
