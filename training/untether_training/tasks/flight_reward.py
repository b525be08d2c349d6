"""The reward of flying to a goal: a weighted sum of the terms in `rewards`."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from untether_training.dynamics.state import QuadrotorState
from untether_training.tasks import rewards


@dataclass(frozen=True)
class RewardConfig:
    """Weights of the reward's terms [1/s] and their parameters.

    Attributes:
        alive: For being in the air at all.
        distance: Times the distance to the goal [1/m], up to `distance_limit`.
        nearness: For being near the goal, half of it at `nearness_radius`.
        approach: Times the squared difference from a calm approach [s^2/m^2].
        progress: Times the speed towards the goal [s/m], up to `cruising_speed`.
        overspeed: Times the squared speed above `speed_limit` [s^2/m^2].
        spin: Times the squared body rate [s^2/rad^2].
        tilt: Times one minus the cosine of the tilt [1].
        command_change: Times the squared change of the commands between control steps.
        excess: Times the part of the actions that is clipped.
        crash: Once, at a crash [1].
        distance_limit: [m].
        nearness_radius: [m].
        approach_gain: Wanted speed over distance near the goal [1/s].
        cruising_speed: Wanted speed far from the goal [m/s].
        speed_limit: [m/s].
        yaw_weight: How many times yaw counts in `spin`.
        least: Least reward [1/s] but for a crash, so that hopeless drones do not upset the critic.
    """

    alive: float = 1.0
    distance: float = -0.5
    nearness: float = 1.0
    approach: float = -0.3
    progress: float = 0.0
    overspeed: float = -2.0
    spin: float = -0.02
    tilt: float = 0.0
    command_change: float = -1.0
    excess: float = -1.0
    crash: float = -5.0
    distance_limit: float = 2.0
    nearness_radius: float = 0.1
    approach_gain: float = 2.5
    cruising_speed: float = 2.0
    speed_limit: float = 2.4
    yaw_weight: float = 10.0
    least: float = -4.0


def flight_reward(
    weights: RewardConfig,
    state: QuadrotorState,
    goal_position: Tensor,
    goal_velocity: Tensor,
    command: Tensor,
    previous: Tensor,
) -> Tensor:
    """Return the reward per second of all drones but for crashes.

    Args:
        weights: Of the terms.
        state: True state after the control step, of N drones.
        goal_position: (3, N) [m] map.
        goal_velocity: (3, N) [m/s] map.
        command: (4, N) [1] commanded thrust over the largest.
        previous: (4, N) [1] that of the step before.

    Returns:
        (N,) [1/s].
    """
    error = goal_position - state.position
    velocity = state.linear_velocity - goal_velocity
    approach = rewards.approach_error(
        error, velocity, weights.approach_gain, weights.cruising_speed
    )
    total = weights.nearness * rewards.nearness(error, weights.nearness_radius)
    total.add_(rewards.distance(error, weights.distance_limit), alpha=weights.distance)
    total.add_(approach, alpha=weights.approach)
    if weights.progress:
        made_good = rewards.progress(
            error, velocity, weights.cruising_speed, weights.nearness_radius
        )
        total.add_(made_good, alpha=weights.progress)
    fast = rewards.overspeed(state.linear_velocity, weights.speed_limit)
    total.add_(fast, alpha=weights.overspeed)
    spin = rewards.spin(state.angular_velocity, weights.yaw_weight)
    total.add_(spin, alpha=weights.spin)
    if weights.tilt:
        total.add_(rewards.tilt(state.orientation), alpha=weights.tilt)
    total.add_(rewards.command_change(command, previous), alpha=weights.command_change)
    return total.add_(weights.alive)
