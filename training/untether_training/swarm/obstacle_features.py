"""What a swarm policy's network sees of the obstacles, in base_link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from untether_training.models.features import limit_norm
from untether_training.swarm.distance_field import SPACING
from untether_training.swarm.nearest_columns import COLUMNS

if TYPE_CHECKING:
    from untether_training.swarm.features import SwarmFeaturesConfig

_CLOSE = 1e-6
"""Distance to a column's axis below which it has no direction [m]."""
_COLUMN_SIZE = 8
"""Features of one column."""


class FieldFeatures(nn.Module):
    """Computes the features of the 3 x 3 distances around the drone.

    The distances become the nearest one, its gradient and its curvature, which can be turned into
    the body's frame, so that no heading is special.

    Args:
        config: Scales and limits.
    """

    size = 13
    """Number of features."""

    def __init__(self, config: SwarmFeaturesConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("stencil", _make_stencil(), persistent=False)
        self.stencil: Tensor  # (9, 6): distance, two first and three second differences

    def forward(self, inputs: Mapping[str, Tensor], rotation: Tensor) -> Tensor:
        """Return distance, closeness, gradient, curvature and the speed towards them, (N, 13).

        Args:
            inputs: `obstacle_distance` (N, 9) [m]; `linear_velocity` (N, 3) [m/s] map.
            rotation: (N, 3, 3) [1], base_link to map.
        """
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


class ColumnFeatures(nn.Module):
    """Computes the features of the nearest columns.

    A column is seen as far as by its distances in the other view: its direction fades out over the
    last grid spacing before the limit, as the gradient there does.

    Args:
        config: Scales and limits.
    """

    size = _COLUMN_SIZE * COLUMNS
    """Number of features."""

    def __init__(self, config: SwarmFeaturesConfig) -> None:
        super().__init__()
        self.config = config

    def forward(self, inputs: Mapping[str, Tensor], rotation: Tensor) -> Tensor:
        """Return direction, distance, closeness, radius and the speed away from each, (N, 8 L).

        Args:
            inputs: `obstacle_position` (N, L, 2) [m] map, relative; `obstacle_radius` (N, L) [m];
                `linear_velocity` (N, 3) [m/s] map.
            rotation: (N, 3, 3) [1], base_link to map.
        """
        config, limit = self.config, self.config.obstacle_limit
        place, radius = inputs["obstacle_position"], inputs["obstacle_radius"].unsqueeze(2)
        axis = place.square().sum(2, keepdim=True).sqrt()  # (N, L, 1) [m]
        distance = (axis - radius).clamp(max=limit)  # (N, L, 1) [m] to the surface
        fading = ((limit - distance) / SPACING).clamp(max=1.0)
        outwards = place * (-fading / axis.clamp(min=_CLOSE))  # (N, L, 2) [1] map
        direction = outwards @ rotation[:, :2]  # (N, L, 3) [1] base_link
        velocity = limit_norm(inputs["linear_velocity"][:, :2], config.closing_limit)
        approach = (outwards * velocity.unsqueeze(1)).sum(2, keepdim=True) / config.closing_scale
        closeness = config.closeness / (config.closeness + distance.clamp(min=0.0))
        sizes = torch.cat((distance, radius * fading), dim=2) / config.obstacle_scale
        parts = (direction, sizes, closeness, approach, closeness * approach)
        return torch.cat(parts, dim=2).flatten(1)


class PositionFeatures(nn.Module):
    """Passes the nearest columns on as they are, but for the frame; the paper's comparison.

    Args:
        config: Scales and limits.
    """

    size = 4 * COLUMNS
    """Number of features."""

    def __init__(self, config: SwarmFeaturesConfig) -> None:
        super().__init__()
        self.config = config

    def forward(self, inputs: Mapping[str, Tensor], rotation: Tensor) -> Tensor:
        """Return position and radius of each, (N, 4 L); inputs as of `ColumnFeatures`.

        A column farther than the limit appears on the limit, in its direction.
        """
        config = self.config
        place, radius = inputs["obstacle_position"], inputs["obstacle_radius"].unsqueeze(2)
        near = limit_norm(place.flatten(0, 1), config.obstacle_limit).view_as(place)
        local = near @ rotation[:, :2]  # (N, L, 3) [m] base_link
        return (torch.cat((local, radius), dim=2) / config.obstacle_scale).flatten(1)


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
