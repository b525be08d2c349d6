"""Flies a policy with a fleet of simulated drones and counts how the flights end."""

import numpy as np

from untether_hardware.setpoint import Setpoint
from untether_hardware.tensor_map import TensorMap
from untether_policies.policy import Policy
from untether_training.evaluation.criteria import Criteria
from untether_training.evaluation.fleet import Fleet
from untether_training.evaluation.judge import Judge
from untether_training.evaluation.outcome import Episodes
from untether_training.evaluation.scenario import Scenario

CONTROL_RATE = 100.0  # [Hz] of every quadrotor bundle that can be evaluated


def fly_fleet(policy: Policy, fleet: Fleet, scenario: Scenario, criteria: Criteria) -> Episodes:
    """Fly every flight of a scenario to its end.

    The tensors are matched by name as on the robot, the measurements are noisy and late, and the
    judge sees the truth.

    Args:
        policy: Loaded with a batch of at least ``scenario.count``.
        fleet: ``scenario.count`` drones, which stand where the scenario starts.
        scenario: Starts and goals.
        criteria: When a flight counts as a success.

    Returns:
        The figures of all flights.

    Raises:
        TensorMapError: When the policy needs or gives what a quadrotor has not.
    """
    tensors = [
        TensorMap(
            policy.contract,
            policy.inputs,
            policy.outputs,
            rotor_names=fleet.description.rotor_names,
            index=index,
        )
        for index in range(scenario.count)
    ]
    judge = Judge(criteria, scenario.count, 1.0 / CONTROL_RATE, legs=scenario.legs)
    policy.reset()
    tick = 0
    running = list(range(scenario.count))
    while running:
        positions, velocities = (rows.tolist() for rows in scenario.goals(tick, judge.leg))
        for index, state in zip(running, fleet.measure(running), strict=True):
            tensors[index].write(state, Setpoint(positions[index], velocities[index]))
        policy.step()
        fleet.step(running, [tensors[index].read() for index in running])
        tick += 1
        goal_position, _ = scenario.goals(tick, judge.leg)
        done = judge.observe(*fleet.truth(), goal_position)
        running = np.flatnonzero(~done).tolist()
    return judge.episodes()
