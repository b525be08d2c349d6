"""What drones of a world do to each other, and what columns and walls do to them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from untether_training.dynamics.quadrotor import body_up
from untether_training.dynamics.state import QuadrotorState
from untether_training.swarm.contacts import bounce_columns, bounce_drones, bounce_walls
from untether_training.swarm.course import Course
from untether_training.swarm.distance_field import nearest_obstacle
from untether_training.swarm.downwash import find_downwash, sample_downwash
from untether_training.swarm.neighbours import relative

ARM = 0.046
"""Distance from a drone's centre to its rotors' axes [m]; two drones touch at twice this."""


@dataclass(frozen=True, slots=True)
class Encounter:
    """What drones met in a control period.

    Attributes:
        distance: (D, D, W) [m]; between the drones of a world, infinite on the diagonal.
        touching: (D, D, W) bool; pairs that touch, both ways.
        clearance: (D, W) [m]; from each drone's hull to the nearest column, negative when inside.
        at_column: (D, W) bool; who touches a column.
        at_wall: (D, W) bool; who touched a wall or the ceiling.
        on_floor: (D, W) bool; who touched the floor.
    """

    distance: Tensor
    touching: Tensor
    clearance: Tensor
    at_column: Tensor
    at_wall: Tensor
    on_floor: Tensor


def interact(
    state: QuadrotorState,
    course: Course,
    on_floor: Tensor,
    timestep: float,
    generator: torch.Generator,
) -> Encounter:
    """Find out who meets whom, and change velocities accordingly.

    Args:
        state: Of all D * W drones; changed in place.
        course: Columns and room of the W worlds.
        on_floor: (N,) bool; whom the dynamics held up.
        timestep: Time for which downwash acts [s].
        generator: Where all noise comes from.
    """
    worlds = course.radius.numel()
    shape = (state.count // worlds, worlds)
    position = state.position.unflatten(1, shape)
    apart = relative(position)
    distance = apart.square().sum(0).sqrt_()
    distance.diagonal(dim1=0, dim2=1).fill_(torch.inf)
    touching = distance <= 2.0 * ARM
    _blow(state, apart, distance, timestep, generator)
    _bounce_off_each_other(state, touching, generator)
    clearance = nearest_obstacle(position, course.centre) - course.radius - ARM
    at_column = clearance <= 0.0
    _bounce_off_columns(state, course, at_column, generator)
    half = 0.5 * course.config.room - ARM
    at_wall = torch.zeros(state.count, dtype=torch.bool, device=position.device)
    at_wall[bounce_walls(state, half, course.config.room - ARM, generator)] = True
    walled, floored = at_wall.view(shape), on_floor.view(shape)
    return Encounter(distance, touching, clearance, at_column, walled, floored)


def _blow(
    state: QuadrotorState,
    apart: Tensor,
    distance: Tensor,
    timestep: float,
    generator: torch.Generator,
) -> None:
    """Push down who flies below others."""
    worlds = apart.shape[3]
    up = body_up(state.orientation)
    upper, lower, world = find_downwash(apart, up.unflatten(1, (-1, worlds)))
    if upper.numel() == 0:
        return
    above, below = upper * worlds + world, lower * worlds + world
    linear, angular = sample_downwash(distance[upper, lower, world], up[:, above], generator)
    state.linear_velocity.index_add_(1, below, linear, alpha=timestep)
    state.angular_velocity.index_add_(1, below, angular, alpha=timestep)


def _bounce_off_each_other(
    state: QuadrotorState, touching: Tensor, generator: torch.Generator
) -> None:
    """Separate pairs that touch and still close in."""
    worlds = touching.shape[2]
    one, other, world = touching.nonzero(as_tuple=True)
    once = one < other
    first, second = (one * worlds + world)[once], (other * worlds + world)[once]
    apart = state.position[:, first] - state.position[:, second]
    moving = state.linear_velocity[:, first] - state.linear_velocity[:, second]
    closing = (apart * moving).sum(0) < 0.0
    bounce_drones(state, first[closing], second[closing], generator)


def _bounce_off_columns(
    state: QuadrotorState, course: Course, at_column: Tensor, generator: torch.Generator
) -> None:
    """Send away who touches a column and flies towards it."""
    drone, world = at_column.nonzero(as_tuple=True)
    index = drone * at_column.shape[1] + world
    away = state.position[:2, index][:, None] - course.centre[:, :, world]  # (2, M, P) [m]
    nearest = away.square().sum(0).argmin(0)
    normal = away.gather(1, nearest.expand(2, 1, -1))[:, 0]
    normal = normal / normal.norm(dim=0).clamp(min=1e-6)
    towards = (normal * state.linear_velocity[:2, index]).sum(0) < 0.0
    bounce_columns(state, index[towards], normal[:, towards], generator)
