"""What only the critic knows: each drone's parameters, and its true way to the goal."""

from __future__ import annotations

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.dynamics.parameters import QuadrotorParameters
from untether_training.tasks.rewards import distance, nearness

PARAMETERS_SIZE = 13
"""Numbers that `summarise_parameters` gives for a drone."""

_LOOK_AHEAD = (0.0, 0.2, 0.5)  # [s]


def summarise_parameters(
    description: QuadrotorDescription, parameters: QuadrotorParameters, latency: Tensor
) -> Tensor:
    """Return each drone's parameters, about nominal and scaled to the order of one.

    Args:
        description: The nominal robot.
        parameters: Of N drones.
        latency: (N,) [control periods].

    Returns:
        (N, 13) [1].
    """
    thrust = parameters.max_rotor_thrust / description.max_rotor_thrust
    rows = (
        5.0 * (parameters.mass / description.mass - 1.0),
        5.0 * (thrust - 1.0),
        2.0 * (parameters.inertia[:1] / description.inertia[0] - 1.0),
        (parameters.motor_rise_time / description.motor_time_constant).log(),
        (parameters.motor_fall_time / description.motor_time_constant).log(),
        50.0 * parameters.drag,
        50.0 * parameters.wind_force,
        latency[None] - 1.0,
    )
    return torch.cat(rows).T


def summarise_approach(error: Tensor, velocity: Tensor, radius: float) -> Tensor:
    """Return how near the goal is, and will be, if each drone keeps its velocity.

    The reward is peaked at the goal; with this the critic need not learn the peak.

    Args:
        error: (3, N) [m] map; goal minus position.
        velocity: (3, N) [m/s] map; relative to the goal's.
        radius: Of the peak [m].

    Returns:
        (N, 4) [1].
    """
    ahead = [nearness(error - time * velocity, radius) for time in _LOOK_AHEAD]
    return torch.stack((*ahead, distance(error, 3.0)), dim=1)
