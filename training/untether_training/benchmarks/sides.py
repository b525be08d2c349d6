"""What the simulation benchmark compares: bare rigid bodies, the dynamics, two environments."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.benchmarks.bare_step import BareStep
from untether_training.dynamics.quadrotor import PHYSICS_TIMESTEP, QuadrotorDynamics
from untether_training.dynamics.state import QuadrotorState
from untether_training.models.build import PolicyConfig
from untether_training.swarm.build import SwarmPolicyConfig
from untether_training.swarm.config import SwarmConfig
from untether_training.tasks.fleet import SUBSTEPS
from untether_training.tasks.flight_environment import FlightEnvironment
from untether_training.tasks.randomisation import RandomisationConfig, sample_parameters
from untether_training.tasks.waypoint import WaypointConfig

_COMMANDS = 16  # different ones, taken in turn


@dataclass(frozen=True)
class Side:
    """One of the things compared.

    Attributes:
        step: Advances all drones.
        steps_per_call: Physics steps that one call makes.
        restart: Puts the drones back, so that every measurement flies the same.
    """

    step: Callable[[], object]
    steps_per_call: int
    restart: Callable[[], object]


def prepare_sides(count: int, seed: int) -> dict[str, Side]:
    """Return the sides by name, each with ``count`` drones in flight.

    Args:
        count: Number of drones.
        seed: Of drones and commands.
    """
    generator = torch.Generator().manual_seed(seed)
    return {
        "bare": _prepare_bare(count),
        "dynamics": _prepare_dynamics(count, generator),
        "environment": _prepare_environment(count, generator),
        "swarm": _prepare_swarm(count, generator),
    }


def _prepare_bare(count: int) -> Side:
    """Return equal bodies that hover."""
    start = _hovering(count)
    state = start.clone()
    body = BareStep(CRAZYFLIE.mass, CRAZYFLIE.inertia, PHYSICS_TIMESTEP)
    thrust, torque = torch.full((count,), CRAZYFLIE.weight), torch.zeros(3, count)
    return Side(
        step=lambda: body.step(state, thrust, torque),
        steps_per_call=1,
        restart=lambda: state.storage.copy_(start.storage),
    )


def _prepare_dynamics(count: int, generator: torch.Generator) -> Side:
    """Return randomised drones whose commands change with every step."""
    start = _hovering(count)
    state = start.clone()
    parameters = sample_parameters(CRAZYFLIE, RandomisationConfig(), count, generator)
    dynamics = QuadrotorDynamics(CRAZYFLIE, parameters)
    hover = CRAZYFLIE.hover_rotor_thrust
    noise = 1.0 + 0.05 * torch.randn(_COMMANDS, 4, count, generator=generator)
    targets = [dynamics.motor_target(hover * factor) for factor in noise]
    turn = itertools.count()
    return Side(
        step=lambda: dynamics.step(state, targets[next(turn) % _COMMANDS]),
        steps_per_call=1,
        restart=lambda: state.storage.copy_(start.storage),
    )


def _prepare_environment(count: int, generator: torch.Generator) -> Side:
    """Return the waypoint environment, with sensors, delays, features, rewards and new starts."""
    policy = PolicyConfig().build(CRAZYFLIE)
    return _fly(WaypointConfig().build_environment(policy, count, generator), generator)


def _prepare_swarm(count: int, generator: torch.Generator) -> Side:
    """Return worlds of eight drones among columns, with collisions, downwash and replay, too."""
    policy = SwarmPolicyConfig().build(CRAZYFLIE)
    environment = SwarmConfig().build_environment(policy, count, generator)
    environment.replays = True
    return _fly(environment, generator)


def _fly(environment: FlightEnvironment, generator: torch.Generator) -> Side:
    """Return an environment whose drones get small actions."""
    environment.desynchronise()
    actions = 0.1 * torch.randn(_COMMANDS, environment.num_envs, 4, generator=generator)
    turn = itertools.count()
    return Side(
        step=lambda: environment.step(actions[next(turn) % _COMMANDS]),
        steps_per_call=SUBSTEPS,
        restart=lambda: None,
    )


def _hovering(count: int) -> QuadrotorState:
    """Return drones that hover two metres above the floor."""
    state = QuadrotorState.at_rest(count)
    state.position[2] = 2.0
    state.rotor_speed.fill_((CRAZYFLIE.hover_rotor_thrust / CRAZYFLIE.max_rotor_thrust) ** 0.5)
    return state
