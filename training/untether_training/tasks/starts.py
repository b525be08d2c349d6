"""Where and how quadrotors start: standing on the floor, flying, or thrown."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.dynamics.state import QuadrotorState
from untether_training.tasks.randomisation import Range, sample_direction, sample_uniform


@dataclass(frozen=True)
class Volume:
    """A box of the room, in frame map.

    Attributes:
        x: [m].
        y: [m].
        z: [m].
    """

    x: Range = (-2.0, 2.0)
    y: Range = (-2.0, 2.0)
    z: Range = (0.3, 2.5)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Return uniform points (3, count) [m] map."""
        bounds = (self.x, self.y, self.z)
        return torch.stack([sample_uniform(axis, (count,), generator) for axis in bounds])


@dataclass(frozen=True)
class FlyingStart:
    """How a drone moves when it starts in the air.

    Attributes:
        tilt: Largest angle between base_link's z axis and up [rad]; pi is any attitude.
        speed: Largest speed, in any direction [m/s].
        rate: Largest body rate, about any axis [rad/s].
        thrust: Range of its rotors' thrust over their largest [1].
    """

    tilt: float = 0.7
    speed: float = 2.0
    rate: float = 3.0
    thrust: Range = (0.2, 0.8)


def sample_flying(
    config: FlyingStart, position: Tensor, generator: torch.Generator
) -> QuadrotorState:
    """Return drones in flight at the given positions (3, M) [m] map."""
    count = position.shape[1]
    state = QuadrotorState.at_rest(count, position.device)
    state.position.copy_(position)
    angle = sample_uniform((0.0, config.tilt), (count,), generator)
    state.orientation.copy_(sample_attitude(angle, generator))
    speed = sample_uniform((0.0, config.speed), (count,), generator)
    state.linear_velocity.copy_(sample_direction(count, generator) * speed)
    rate = sample_uniform((0.0, config.rate), (count,), generator)
    state.angular_velocity.copy_(sample_direction(count, generator) * rate)
    common = sample_uniform(config.thrust, (1, count), generator)
    state.rotor_speed.copy_(common.sqrt())
    return state


def sample_standing(
    description: QuadrotorDescription, position: Tensor, generator: torch.Generator
) -> QuadrotorState:
    """Return drones that stand on the floor below positions (3, M) [m] map, rotors stopped."""
    count = position.shape[1]
    state = QuadrotorState.at_rest(count, position.device)
    state.position[:2].copy_(position[:2])
    state.position[2] = description.rest_height
    state.orientation.copy_(sample_attitude(torch.zeros_like(position[0]), generator))
    return state


def sample_attitude(tilt: Tensor, generator: torch.Generator) -> Tensor:
    """Return attitudes with a given tilt in a random direction and a random heading.

    Args:
        tilt: (M,) [rad] angle between base_link's z axis and up.
        generator: Where direction and heading come from.

    Returns:
        (4, M) [1] xyzw, base_link to map.
    """
    full_turn = (-math.pi, math.pi)
    direction = sample_uniform(full_turn, tuple(tilt.shape), generator)
    half_heading = 0.5 * sample_uniform(full_turn, tuple(tilt.shape), generator)
    across, along = (0.5 * tilt).sin(), (0.5 * tilt).cos()
    tilted = direction - half_heading  # the tilt's axis is turned back by the heading's half
    return torch.stack(
        (
            across * tilted.cos(),
            across * tilted.sin(),
            along * half_heading.sin(),
            along * half_heading.cos(),
        )
    )
