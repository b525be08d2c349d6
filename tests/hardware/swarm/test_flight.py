from pathlib import Path

import numpy as np
import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.flight import fly_swarm
from untether_hardware.swarm.goals import Goals, SwappedGoals, random_goals
from untether_hardware.swarm.pilot import SwarmPilot
from untether_hardware.swarm.places import sample_free
from untether_hardware.swarm.simulator import SimulatedSwarm
from untether_policies.policy import Policy

ZOO = Path(__file__).parents[3] / "policies" / "zoo"
HOVER = CRAZYFLIE.hover_rotor_thrust


def start(columns, places, seed=0):
    swarm = SimulatedSwarm(columns, places, seed=seed)
    swarm.reset(places, seed, rotor_thrust=HOVER)
    return swarm


def test_a_swarm_reaches_its_goals_without_collision(controller):
    generator = np.random.default_rng(3)
    columns = Columns.sample(0.2, 0.6, generator)
    swarm = start(columns, sample_free(columns, 8, generator))
    flight = fly_swarm(controller(columns), swarm, random_goals(columns, 8, generator), 12.0)
    outcome = flight.outcome
    assert outcome.succeeded.all()
    assert not outcome.stuck.any()
    assert np.all(outcome.final_distance < 0.1)
    shortest = np.linalg.norm(flight.goal[0] - flight.position[0], axis=1)
    assert np.all(outcome.way > shortest - 0.1)
    assert np.all(outcome.way < 2.0 * shortest + 0.5)
    assert flight.time == pytest.approx(np.arange(1201) * 0.01)
    assert flight.error[-1] == pytest.approx(outcome.final_distance, abs=0.05)


def test_who_sees_no_column_hits_it(controller, empty):
    columns = Columns(np.array([[0.0, 0.0]]), np.array([0.3]))
    swarm = start(columns, np.array([(-3.0, 0.05, 1.5), (3.0, 2.0, 1.5)]))
    goals = Goals(np.array([(3.0, 0.0, 1.5), (-3.0, 2.0, 1.5)]), 0.5)
    flight = fly_swarm(controller(empty), swarm, goals, 8.0)
    assert flight.outcome.hit_column.tolist() == [True, False]
    assert flight.outcome.succeeded.tolist() == [False, True]
    assert flight.touching.any(axis=0).tolist() == [True, False]


def test_who_gets_no_thrust_ends_on_the_floor(empty):
    swarm = start(empty, [(0, 0, 1.0), (1, 0, 1.0)])
    flight = fly_swarm(
        lambda state, goal: np.zeros((2, 4)), swarm, Goals(np.full((2, 3), 3.0), 0.5), 2.0
    )
    assert flight.outcome.hit_floor.all()
    assert not flight.outcome.arrived.any()


def test_moving_goals_are_followed(controller):
    generator = np.random.default_rng(2)
    columns = Columns.sample(0.2, 0.6, generator)
    swarm = start(columns, sample_free(columns, 4, generator))
    flight = fly_swarm(controller(columns), swarm, SwappedGoals(columns, 4, generator), 7.0)
    assert np.ptp(flight.goal, axis=0).any()
    assert flight.outcome.arrived.any()


def test_a_bundle_flies_all_drones_of_a_swarm(empty):
    """The policy of a lone drone, in a batch: drones that start apart go to goals apart."""
    places = np.array([(x, y, 1.0) for x in (-3.0, 0.0, 3.0) for y in (-2.0, 2.0)])
    swarm = start(empty, places)
    goals = Goals(places + np.array([0.8, 0.5, 0.4]), 0.15)
    policy = Policy.load(ZOO / "crazyflie_waypoint", batch=6)
    flight = fly_swarm(SwarmPilot(policy, empty), swarm, goals, 4.0)
    assert flight.outcome.succeeded.all()
    again = fly_swarm(SwarmPilot(policy, empty), start(empty, places), goals, 4.0)
    assert np.array_equal(again.position, flight.position)
