"""Draws the starts and goals of an evaluation from the task's own distributions."""

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import STANDARD_GRAVITY
from untether_training.dynamics.state import QuadrotorState
from untether_training.evaluation.criteria import AIRBORNE_HEIGHT, CRITERIA, GROUND_HEIGHT, Goal
from untether_training.evaluation.flight import CONTROL_RATE
from untether_training.evaluation.scenario import Scenario
from untether_training.tasks.registry import build_task
from untether_training.tasks.task import Task

_REACTION_TIME = 0.06  # [s] latency and rotors that speed up
_TURN_TIME = 0.08  # [s/rad] a Crazyflie turns over in 0.3 s with latency and lag
_BRAKING = 4.0  # [m/s^2]


def sample_scenario(task_name: str, count: int, seed: int, *, legs: int) -> Scenario:
    """Return starts and goals of some flights.

    Starts from which no controller could stop above the ground are drawn again.

    Args:
        task_name: Name of the task, which says where drones start and are sent.
        count: How many flights.
        seed: Of the starts and goals.
        legs: How many goals each flight visits, when the task is to arrive.
    """
    task = build_task(task_name, count, torch.Generator().manual_seed(seed))
    criteria = CRITERIA[task_name]
    start = _sample_recoverable(task, count)
    everyone = torch.arange(count)
    task.set_goals(everyone, start.position)
    goals = [(task.goal_position.clone(), task.goal_velocity.clone())]
    moving = criteria.goal is Goal.TRACK
    further = round(criteria.time_limit * CONTROL_RATE) if moving else legs - 1
    for _ in range(further):
        if moving:
            task.advance(1.0 / CONTROL_RATE)
        else:
            task.set_goals(everyone, task.goal_position.clone())
        goals.append((task.goal_position.clone(), task.goal_velocity.clone()))
    positions, velocities = (torch.stack(rows) for rows in zip(*goals, strict=True))
    return Scenario(
        position=start.position.T.double().numpy(),
        orientation=start.orientation.T.double().numpy(),
        linear_velocity=start.linear_velocity.T.double().numpy(),
        angular_velocity=start.angular_velocity.T.double().numpy(),
        rotor_thrust=start.rotor_speed.square().mean(0).double().numpy(),
        goal_position=positions.transpose(1, 2).double().numpy(),
        goal_velocity=velocities.transpose(1, 2).double().numpy(),
        moving=moving,
    )


def can_recover(state: QuadrotorState) -> Tensor:
    """Return which drones could stop above the ground, (N,) bool; those that stand on it can.

    They fall freely while they turn upright and their rotors speed up, then slow down as the
    weakest drone of the domain randomisation can, which has 1.4 times its weight in thrust.

    Args:
        state: Of N drones.
    """
    x, y = state.orientation[0], state.orientation[1]
    tilt = torch.acos((1.0 - 2.0 * (x * x + y * y)).clamp(-1.0, 1.0))  # (N,) [rad]
    reaction = _REACTION_TIME + _TURN_TIME * tilt  # (N,) [s]
    sinking = (-state.linear_velocity[2]).clamp(min=0.0)  # (N,) [m/s]
    fastest = sinking + STANDARD_GRAVITY * reaction
    stopping = reaction * (sinking + fastest) / 2.0 + fastest.square() / (2.0 * _BRAKING)  # [m]
    height = state.position[2]
    return (height < AIRBORNE_HEIGHT) | (height - stopping > GROUND_HEIGHT)


def _sample_recoverable(task: Task, count: int) -> QuadrotorState:
    """Return starts of the task, without those that no controller could save."""
    kept = QuadrotorState.at_rest(0).storage
    while kept.shape[1] < count:
        start = task.sample_start(count)
        kept = torch.cat((kept, start.storage[:, can_recover(start)]), dim=1)
    return QuadrotorState.from_storage(kept[:, :count].contiguous())
