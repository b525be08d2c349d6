"""How simulated quadrotors differ from each other, so that a policy flies a robot it never met."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.dynamics.parameters import QuadrotorParameters

Range = tuple[float, float]


@dataclass(frozen=True)
class RandomisationConfig:
    """Ranges from which each drone's parameters are drawn uniformly.

    Attributes:
        mass: Over the described mass [1].
        inertia: Each principal moment, over the described one and the mass's factor [1].
        thrust: All rotors of a drone, over the described thrust [1] (the battery).
        rotor_thrust: Each rotor by itself, on top of `thrust` [1].
        torque: Reaction torque over the described one [1].
        motor_rise: Time constant of speeding up, over the described one [1]; its logarithm is
            drawn uniformly, as a factor of two means as much at either end.
        motor_fall: Time constant of slowing down, over that of speeding up [1].
        spin_up_torque: Rotor inertia times largest rotor speed [N m s]; an estimate for the
            Crazyflie is 2.7e-8 kg m^2 times 3190 rad/s.
        latency: From measurement to effect [s].
        drag: Linear drag [N s/m]; Förster 2015 identified about 0.0085 in hover.
        wind: Largest constant force, in any direction [N].
    """

    mass: Range = (0.8, 1.2)
    inertia: Range = (0.8, 1.25)
    thrust: Range = (0.9, 1.1)
    rotor_thrust: Range = (0.97, 1.03)
    torque: Range = (0.8, 1.3)
    motor_rise: Range = (0.7, 4.0)  # 0.026 to 0.15 s; the identified robot has 0.136 s
    motor_fall: Range = (0.8, 1.5)
    spin_up_torque: Range = (0.0, 1.2e-4)
    latency: Range = (0.0, 0.025)
    drag: Range = (0.0, 0.015)
    wind: float = 0.02


_SAME: Range = (1.0, 1.0)

NOMINAL = RandomisationConfig(
    mass=_SAME,
    inertia=_SAME,
    thrust=_SAME,
    rotor_thrust=_SAME,
    torque=_SAME,
    motor_rise=_SAME,
    motor_fall=_SAME,
    spin_up_torque=(0.0, 0.0),
    latency=(0.0, 0.0),
    drag=(0.0, 0.0),
    wind=0.0,
)
"""Every drone is the described one: light rotors, no latency, no drag, still air."""


def sample_parameters(
    description: QuadrotorDescription,
    config: RandomisationConfig,
    count: int,
    generator: torch.Generator,
) -> QuadrotorParameters:
    """Return the parameters of `count` different drones, on the generator's device."""

    def draw(bounds: Range, rows: int = 1) -> Tensor:
        return sample_uniform(bounds, (rows, count), generator)

    mass = draw(config.mass)
    inertia = torch.tensor(description.inertia, device=generator.device)[:, None]
    low, high = config.motor_rise
    rise = description.motor_time_constant * draw((math.log(low), math.log(high))).exp()
    rotor_thrust = draw(config.thrust) * draw(config.rotor_thrust, 4)
    rows = (
        description.mass * mass,
        inertia * mass * draw(config.inertia, 3),
        description.max_rotor_thrust * rotor_thrust,
        draw(config.torque),
        rise,
        rise * draw(config.motor_fall),
        draw(config.spin_up_torque),
        draw(config.drag),
        sample_direction(count, generator) * draw((0.0, config.wind)),
    )
    return QuadrotorParameters.from_storage(torch.cat(rows))


def sample_uniform(bounds: Range, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Return uniform samples between two bounds, in the bounds' unit."""
    low, high = bounds
    return torch.rand(shape, generator=generator, device=generator.device) * (high - low) + low


def sample_direction(count: int, generator: torch.Generator) -> Tensor:
    """Return unit vectors (3, count), uniform on the sphere."""
    height = sample_uniform((-1.0, 1.0), (count,), generator)
    angle = sample_uniform((-math.pi, math.pi), (count,), generator)
    across = (1.0 - height.square()).sqrt()
    return torch.stack((across * angle.cos(), across * angle.sin(), height))
