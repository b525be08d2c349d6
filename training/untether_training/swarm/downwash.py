"""What the air below a drone does to those who fly through it."""

from __future__ import annotations

import torch
from torch import Tensor

from untether_training.tasks.randomisation import sample_direction, sample_uniform

REACH = 0.7
"""How far below a drone its downwash reaches, along its z axis [m]."""

RADIUS = 0.1
"""Radius of the downwash [m]."""


def find_downwash(apart: Tensor, up: Tensor) -> tuple[Tensor, ...]:
    """Return who flies below whom.

    Args:
        apart: (3, D, D, W) [m] map; see `relative`.
        up: (3, D, W) [1] map; each drone's z axis.

    Returns:
        Indices of the upper drones, of the lower ones and of their worlds, (P,) each.
    """
    along = (apart * up[:, :, None]).sum(0)  # (D, D, W) [m]
    aside = apart.square().sum(0).sub_(along.square())  # [m^2]
    below = (along < 0.0) & (along > -REACH) & (aside < RADIUS**2)
    upper, lower, world = below.nonzero(as_tuple=True)
    return upper, lower, world


def sample_downwash(
    distance: Tensor, up: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return how downwash accelerates drones; the model of Huang et al. 2024 (2309.13285).

    Args:
        distance: (P,) [m] from the upper to the lower drone.
        up: (3, P) [1] map; z axis of the upper drone.
        generator: Where the turbulence comes from.

    Returns:
        Linear [m/s^2] map and angular [rad/s^2] base_link accelerations, (3, P) each.
    """
    count = distance.shape[0]
    direction = sample_uniform((-0.1, 0.1), (3, count), generator) - up
    direction = direction / direction.norm(dim=0)
    strength = 6.0 / 17.0 * (7.0 - 10.0 * distance)
    strength = (strength + sample_uniform((-0.1, 0.1), (count,), generator)).clamp(min=1e-6)
    turn = 0.3 * (distance - 1.0).square()
    turn = (turn + sample_uniform((-0.01, 0.01), (count,), generator)).clamp(min=0.0)
    return direction * strength, sample_direction(count, generator) * turn
