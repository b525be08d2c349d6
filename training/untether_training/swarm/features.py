"""What a swarm policy's network sees beside what a lone drone sees: neighbours and obstacles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.models.features import FeaturesConfig, QuadrotorFeatures, limit_norm
from untether_training.swarm.distance_field import SPACING

NEIGHBOUR_SIZE = 8
"""Features of one neighbour."""

OBSTACLE_SIZE = 13
"""Features of the obstacles around."""


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
        obstacle_limit: Farthest obstacle surface that the network sees [m].
        obstacle_scale: [m].
    """

    neighbours: int = 2
    neighbour_limit: float = 2.0
    neighbour_scale: float = 1.0
    closing_limit: float = 5.0
    closing_scale: float = 2.0
    closeness: float = 0.25
    obstacle_limit: float = 1.0
    obstacle_scale: float = 0.5


class SwarmFeatures(nn.Module):
    """Computes the features of drone, neighbours and obstacles, in base_link.

    The 3 x 3 distances become the nearest distance, its gradient and its curvature, which can be
    turned into the body's frame, so that no heading is special.

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
        self.register_buffer("stencil", _make_stencil(), persistent=False)
        self.stencil: Tensor  # (9, 6): distance, two first and three second differences

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Features of the drone itself, of its neighbours and of the obstacles, in this order."""
        return self.own.size, NEIGHBOUR_SIZE * self.config.neighbours, OBSTACLE_SIZE

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
                `neighbour_velocity` (N, K, 3) [m/s] map, both relative, and `obstacle_distance`
                (N, 9) [m]; see `select_neighbours` and `measure_distances`.
            carry: As of `QuadrotorFeatures`.

        Returns:
            Features (N, size) [1], and the carry.
        """
        rotation = self.own.rotation(inputs["orientation"])  # (N, 3, 3) [1] base_link to map
        seen, following = self.own(inputs, carry, rotation)
        neighbours = self._see_neighbours(inputs, rotation)
        obstacles = self._see_obstacles(inputs, rotation)
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

    def _see_obstacles(self, inputs: Mapping[str, Tensor], rotation: Tensor) -> Tensor:
        """Return distance, closeness, gradient, curvature and the speed towards them, (N, 13)."""
        config = self.config
        distance = inputs["obstacle_distance"].clamp(max=config.obstacle_limit)
        local = distance @ self.stencil  # (N, 6)
        across, curvature = local[:, 1:3], local[:, 3:6]
        level = rotation[:, :2]  # (N, 2, 3) rows x and y of map in base_link
        gradient = (across.unsqueeze(1) @ level)[:, 0]  # (N, 3) [1] base_link
        xx, xy, yy = curvature[:, 0:1], curvature[:, 1:2], curvature[:, 2:3]
        x, y = level[:, 0], level[:, 1]
        diagonal = xx * x * x + 2.0 * xy * x * y + yy * y * y  # (N, 3) base_link
        x_next, y_next = x.roll(-1, 1), y.roll(-1, 1)
        mixed = xx * x * x_next + xy * (x * y_next + y * x_next) + yy * y * y_next
        velocity = limit_norm(inputs["linear_velocity"][:, :2], config.closing_limit)
        approach = (across * velocity).sum(1, keepdim=True) / config.closing_scale
        near = local[:, :1].clamp(min=0.0)
        closeness = config.closeness / (config.closeness + near)
        parts = (local[:, :1] / config.obstacle_scale, closeness, gradient, diagonal, mixed)
        return torch.cat((*parts, approach, closeness * approach), dim=1)


def _make_stencil() -> Tensor:
    """Return what turns the 3 x 3 distances, y fastest, into value and differences, (9, 6).

    Value [m] and first differences over twice the spacing [1]; second ones over the spacing [1],
    along x twice, along x and y, along y twice.
    """
    middle, ends = torch.tensor([0.0, 1.0, 0.0]), torch.tensor([-0.5, 0.0, 0.5]) / SPACING
    bend = torch.tensor([1.0, -2.0, 1.0]) / SPACING
    columns = (
        torch.outer(middle, middle),
        torch.outer(ends, middle),
        torch.outer(middle, ends),
        torch.outer(bend, middle),
        torch.outer(ends, ends) * SPACING,
        torch.outer(middle, bend),
    )
    return torch.stack([column.flatten() for column in columns], dim=1)
