"""What collisions do to drones: the model of Huang et al. 2024 (2309.13285), on touching ones only.

Velocities are changed at the control rate. A drone that touches two others at once feels one of
them in that period and the other in the next.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from untether_training.dynamics.state import QuadrotorState
from untether_training.tasks.randomisation import Range, sample_direction, sample_uniform

_LOSS: Range = (0.2, 0.8)
"""Share of the speed that a collision leaves [1]."""
_SPIN: Range = (10.0 * math.pi, 20.0 * math.pi)
"""Change of the body rate when drones touch [rad/s]."""
_SPIN_AT_COLUMN: Range = (0.5 * math.pi, math.pi)
"""Change of the body rate at a column [rad/s]."""
_SPIN_AT_WALL: Range = (0.0, 20.0 * math.pi)
"""Change of the body rate at a wall [rad/s]."""
_SPEED_AT_WALL: Range = (0.1, 6.0)
"""Speed after touching a wall or the ceiling [m/s]."""
_REDRAWS = 3
"""How often the noise of a collision is drawn again while it does not separate the drones."""


def bounce_drones(
    state: QuadrotorState, first: Tensor, second: Tensor, generator: torch.Generator
) -> None:
    """Let touching drones exchange their velocities along the line between them, noisily.

    Args:
        state: Of all drones; changed in place.
        first: (P,) columns of one drone of each pair.
        second: (P,) columns of the other.
        generator: Where the noise comes from.
    """
    count = first.numel()
    if count == 0:
        return
    apart = state.position[:, first] - state.position[:, second]
    normal = apart / apart.norm(dim=0).clamp(min=1e-6)  # (3, P) [1] from second to first
    one, other = state.linear_velocity[:, first], state.linear_velocity[:, second]
    limit = torch.maximum(one.norm(dim=0), other.norm(dim=0))  # (P,) [m/s]
    exchange = ((other - one) * normal).sum(0) * normal  # (3, P) [m/s]
    new_one, new_other = _disturb(one + exchange, other - exchange, generator)
    for _ in range(_REDRAWS):
        closing = ((new_one - new_other) * normal).sum(0) < 0.0
        again_one, again_other = _disturb(one + exchange, other - exchange, generator)
        new_one = torch.where(closing, again_one, new_one)
        new_other = torch.where(closing, again_other, new_other)
    state.linear_velocity[:, first] = _slow(new_one, limit, generator)
    state.linear_velocity[:, second] = _slow(new_other, limit, generator)
    kick = sample_direction(count, generator) * sample_uniform(_SPIN, (count,), generator)
    state.angular_velocity[:, first] += kick
    state.angular_velocity[:, second] -= kick


def bounce_columns(
    state: QuadrotorState, drones: Tensor, normal: Tensor, generator: torch.Generator
) -> None:
    """Send drones away from the columns that they touch.

    Args:
        state: Of all drones; changed in place.
        drones: (P,) columns of the drones that touch.
        normal: (2, P) [1] map; from the column's axis to the drone.
        generator: Where the noise comes from.
    """
    count = drones.numel()
    if count == 0:
        return
    speed = state.linear_velocity[:, drones].norm(dim=0)
    away = torch.cat((normal, torch.zeros_like(normal[:1])))
    away = away + 0.1 * _normal(1, count, generator) + 0.05 * _normal(3, count, generator)
    away = away / away.norm(dim=0)
    loss = sample_uniform(_LOSS, (count,), generator)
    state.linear_velocity[:, drones] = away * speed * loss
    spin = sample_uniform(_SPIN_AT_COLUMN, (count,), generator)
    state.angular_velocity[:, drones] += sample_direction(count, generator) * spin


def bounce_walls(
    state: QuadrotorState, half_width: float, height: float, generator: torch.Generator
) -> Tensor:
    """Put drones that left the room back, and send them inwards and down, slower and spinning.

    Args:
        state: Of all drones; changed in place.
        half_width: Largest |x| and |y| [m] map.
        height: Largest z [m] map.
        generator: Where direction and loss come from.

    Returns:
        (P,) columns of the drones that touched a wall or the ceiling.
    """
    beyond = torch.cat((state.position[:2].abs() > half_width, state.position[2:] > height))
    drones = beyond.any(0).nonzero()[:, 0]
    count = drones.numel()
    if count == 0:
        return drones
    position = state.position[:, drones]
    direction = sample_direction(count, generator)
    inward = -position[:2].sign() * direction[:2].abs()
    direction[:2] = torch.where(beyond[:2, drones], inward, direction[:2])
    direction[2] = -direction[2].abs()
    speed = state.linear_velocity[:, drones].norm(dim=0)
    speed = (speed * sample_uniform(_LOSS, (count,), generator)).clamp(*_SPEED_AT_WALL)
    spin = sample_uniform(_SPIN_AT_WALL, (count,), generator)
    state.position[:2, drones] = position[:2].clamp(-half_width, half_width)
    state.position[2, drones] = position[2].clamp(max=height)
    state.linear_velocity[:, drones] = direction * speed
    state.angular_velocity[:, drones] += sample_direction(count, generator) * spin
    return drones


def _disturb(one: Tensor, other: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return velocities (3, P) [m/s] with equal and opposite noise, and some of their own."""
    count = one.shape[1]
    shared = 0.8 * _normal(3, count, generator)
    own = 0.15 * _normal(6, count, generator)
    return one + shared + own[:3], other - shared + own[3:]


def _slow(velocity: Tensor, limit: Tensor, generator: torch.Generator) -> Tensor:
    """Return velocities (3, P) that lost speed, and are at most `limit` (P,) [m/s]."""
    speed = velocity.norm(dim=0).clamp(min=1e-6)
    loss = sample_uniform(_LOSS, (velocity.shape[1],), generator)
    return velocity / speed * torch.minimum(speed * loss, limit)


def _normal(rows: int, count: int, generator: torch.Generator) -> Tensor:
    return torch.randn(rows, count, generator=generator, device=generator.device)
