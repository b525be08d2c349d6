"""Reward terms, as functions of arrays; costs are positive and enter with a negative weight."""

from __future__ import annotations

import torch
from torch import Tensor


def distance(error: Tensor, limit: float) -> Tensor:
    """Return the distance to the goal, at most `limit`.

    Args:
        error: (3, N) [m] map; goal minus position.
        limit: [m].

    Returns:
        (N,) [m].
    """
    return error.square().sum(0).sqrt_().clamp_(max=limit)


def nearness(error: Tensor, radius: float) -> Tensor:
    """Return 1 at the goal, 1/2 at `radius` and little far away.

    Args:
        error: (3, N) [m] map; goal minus position.
        radius: [m].

    Returns:
        (N,) [1].
    """
    return error.square().sum(0).div_(radius**2).add_(1.0).reciprocal_()


def approach_error(error: Tensor, velocity: Tensor, gain: float, speed: float) -> Tensor:
    """Return the squared difference from the velocity of a calm approach.

    The calm approach goes straight to the goal, at a speed proportional to the distance
    but not above a cruising speed.

    Args:
        error: (3, N) [m] map; goal minus position.
        velocity: (3, N) [m/s] map; relative to the goal's.
        gain: Wanted speed over distance, near the goal [1/s].
        speed: Cruising speed [m/s].

    Returns:
        (N,) [m^2/s^2].
    """
    distances = error.square().sum(0).sqrt_()
    wanted = error * (speed / distances.clamp_(min=speed / gain))
    return wanted.sub_(velocity).square_().sum(0)


def progress(error: Tensor, velocity: Tensor, speed: float, radius: float) -> Tensor:
    """Return the speed towards the goal, at most `speed`.

    Its sum over a flight is the way that was made good, whatever detour it took.

    Args:
        error: (3, N) [m] map; goal minus position.
        velocity: (3, N) [m/s] map; relative to the goal's.
        speed: [m/s].
        radius: Distance below which it fades out [m].

    Returns:
        (N,) [m/s].
    """
    distances = error.square().sum(0).sqrt_()
    return (error * velocity).sum(0).div_(distances.clamp_(min=radius)).clamp_(max=speed)


def overspeed(velocity: Tensor, limit: float) -> Tensor:
    """Return the square of the speed above `limit`.

    Args:
        velocity: (3, N) [m/s] map.
        limit: [m/s].

    Returns:
        (N,) [m^2/s^2].
    """
    return velocity.square().sum(0).sqrt_().sub_(limit).clamp_(min=0.0).square_()


def spin(angular_velocity: Tensor, yaw_weight: float) -> Tensor:
    """Return the squared body rate, with yaw counted `yaw_weight` times.

    Args:
        angular_velocity: (3, N) [rad/s] base_link.
        yaw_weight: [1].

    Returns:
        (N,) [rad^2/s^2].
    """
    roll, pitch, yaw = angular_velocity.square().unbind(0)
    return torch.add(roll + pitch, yaw, alpha=yaw_weight)


def tilt(orientation: Tensor) -> Tensor:
    """Return one minus the cosine of the angle between base_link's z axis and up.

    Args:
        orientation: (4, N) [1] xyzw, base_link to map.

    Returns:
        (N,) [1]; 0 when level, 2 upside down.
    """
    return orientation[:2].square().sum(0).mul_(2.0)


def command_change(command: Tensor, previous: Tensor) -> Tensor:
    """Return the squared change of the rotors' commands since the last control step.

    Args:
        command: (4, N) [1] commanded thrust over the largest.
        previous: (4, N) [1].

    Returns:
        (N,) [1].
    """
    return (command - previous).square_().sum(0)


def excess(action: Tensor, limit: float) -> Tensor:
    """Return the part of actions that is clipped.

    Without a cost, a policy may go so far beyond the limit that exploring noise no longer changes
    what is done; it then learns nothing from it.

    Args:
        action: (N, 4) [1]; see `RotorActuation`.
        limit: [1].

    Returns:
        (N,) [1].
    """
    return action.abs().sub_(limit).clamp_(min=0.0).sum(1)
