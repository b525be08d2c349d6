"""What a swarm policy's network sees beside what a lone drone sees: neighbours and obstacles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.models.features import FeaturesConfig, QuadrotorFeatures
from untether_training.swarm.obstacle_features import (
    ColumnFeatures,
    FieldFeatures,
    PositionFeatures,
)
from untether_training.swarm.obstacles import ObstacleView

NEIGHBOUR_SIZE = 8
"""Features of one neighbour."""

_SIGHT = {
    ObstacleView.field: FieldFeatures,
    ObstacleView.nearest: ColumnFeatures,
    ObstacleView.positions: PositionFeatures,
}


@dataclass(frozen=True)
class SwarmFeaturesConfig:
    """Scales and limits of the features.

    Attributes:
        neighbours: How many other drones the policy sees.
        neighbour_limit: Longest relative position that the network sees [m].
        neighbour_scale: [m].
        closing_limit: Longest relative velocity that the network sees [m/s].
        closing_scale: [m/s].
        closeness: Distance at which closeness is one half [m].
        obstacles: What the policy sees of the obstacles: `field`, distances at 3 x 3 points;
            `nearest`, distance and direction of the nearest columns; `positions`, where those are.
        obstacle_limit: Farthest obstacle surface that the network sees [m].
        obstacle_scale: [m].
    """

    neighbours: int = 2
    neighbour_limit: float = 2.0
    neighbour_scale: float = 1.0
    closing_limit: float = 5.0
    closing_scale: float = 2.0
    closeness: float = 0.25
    obstacles: ObstacleView = ObstacleView.field
    obstacle_limit: float = 1.0
    obstacle_scale: float = 0.5


class SwarmFeatures(nn.Module):
    """Computes the features of drone, neighbours and obstacles, in base_link.

    Args:
        description: The nominal robot.
        own: Of the drone itself.
        config: Of neighbours and obstacles.
    """

    def __init__(
        self, description: QuadrotorDescription, own: FeaturesConfig, config: SwarmFeaturesConfig
    ) -> None:
        super().__init__()
        self.config = config
        self.own = QuadrotorFeatures(description, own)
        self.obstacles = _SIGHT[config.obstacles](config)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Features of the drone itself, of its neighbours and of the obstacles, in this order."""
        return self.own.size, NEIGHBOUR_SIZE * self.config.neighbours, self.obstacles.size

    @property
    def size(self) -> int:
        """Number of features."""
        return sum(self.sizes)

    @property
    def initial_carry(self) -> dict[str, tuple[float, ...]]:
        """What is carried from tick to tick, and its value before the first."""
        return self.own.initial_carry

    def forward(
        self, inputs: Mapping[str, Tensor], carry: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the features, and the next carry but for `previous_command`.

        Args:
            inputs: As of `QuadrotorFeatures`, and `neighbour_position` (N, K, 3) [m] map,
                `neighbour_velocity` (N, K, 3) [m/s] map, both relative, and what is seen of the
                obstacles; see `select_neighbours` and `measure_obstacles`.
            carry: As of `QuadrotorFeatures`.

        Returns:
            Features (N, size) [1], and the carry.
        """
        rotation = self.own.rotation(inputs["orientation"])  # (N, 3, 3) [1] base_link to map
        seen, following = self.own(inputs, carry, rotation)
        neighbours = self._see_neighbours(inputs, rotation)
        obstacles = self.obstacles(inputs, rotation)
        return torch.cat((seen, neighbours, obstacles), dim=1), following

    def _see_neighbours(self, inputs: Mapping[str, Tensor], rotation: Tensor) -> Tensor:
        """Return position, velocity, closeness and closing speed of each neighbour, (N, 8 K)."""
        config = self.config
        apart, moving = inputs["neighbour_position"], inputs["neighbour_velocity"]
        distance = apart.square().sum(2, keepdim=True).sqrt()  # (N, K, 1) [m]
        shorten = config.neighbour_limit / distance.clamp(min=config.neighbour_limit)
        near = apart * (shorten / config.neighbour_scale)
        limit = config.closing_limit
        moving = moving.clamp(-limit, limit) / config.closing_scale
        in_body = torch.cat((near, moving), dim=1) @ rotation  # (N, 2 K, 3) base_link
        closeness = config.closeness / (config.closeness + distance)
        closing = (apart * moving).sum(2, keepdim=True) / (config.closeness + distance)
        return torch.cat((in_body.flatten(1), closeness.flatten(1), closing.flatten(1)), dim=1)
