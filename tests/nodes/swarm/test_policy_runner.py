"""A bundle on all drones: what one carries is its own, and can be forgotten alone."""

import numpy as np
import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.state import SwarmState
from untether_nodes.swarm.policy_runner import SwarmPolicyRunner
from untether_policies.errors import BundleError

DRONES = 3
GOAL = np.array([[0.0, 0.0, 1.1], [2.0, 0.0, 1.1], [4.0, 0.0, 1.1]])


@pytest.fixture
def runner(swarm_bundle):
    return SwarmPolicyRunner(str(swarm_bundle), CRAZYFLIE, DRONES)


def state():
    """All hover 10 cm below their goals, which a carried integral makes up for."""
    rest = np.zeros((DRONES, 3))
    level = np.tile([0.0, 0.0, 0.0, 1.0], (DRONES, 1))
    return SwarmState(0.0, GOAL - np.array([0.0, 0.0, 0.1]), level, rest, rest)


def test_the_past_of_one_drone_is_forgotten_alone(runner):
    first = runner.compute(state(), GOAL)
    for _ in range(20):
        later = runner.compute(state(), GOAL)
    assert np.all(later > first)
    runner.reset(np.array([False, True, False]))
    thrust = runner.compute(state(), GOAL)
    np.testing.assert_allclose(thrust[1], first[1])
    assert np.all(thrust[[0, 2]] > later[[0, 2]])


def test_a_new_room_forgets_the_past_of_all(runner):
    first = runner.compute(state(), GOAL)
    runner.enter(Columns(np.array([[1.0, 1.0]]), np.array([0.3])))
    np.testing.assert_allclose(runner.compute(state(), GOAL), first)


def test_a_bundle_for_another_robot_is_refused(controller, tmp_path):
    folder = controller.write_controller(tmp_path / "other", robot="somebody")
    with pytest.raises(BundleError, match="robot"):
        SwarmPolicyRunner(str(folder), CRAZYFLIE, DRONES)
