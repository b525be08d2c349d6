from dataclasses import replace

import numpy as np
import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.swarm.downwash import Downwash

LEVEL = np.eye(3)


def act(position, rotation=None, thrust=CRAZYFLIE.weight):
    drones = len(position)
    model = Downwash(CRAZYFLIE, SimulatedCrazyflieConfig())
    if rotation is None:
        rotation = np.tile(LEVEL, (drones, 1, 1))
    return model.act(np.asarray(position, float), rotation, np.full(drones, thrust))


def test_who_flies_below_is_pushed_down_and_who_flies_above_is_not():
    force, torque = act([(0, 0, 1.0), (0, 0, 1.5)])
    assert -0.2 * CRAZYFLIE.weight < force[0, 2] < -0.05 * CRAZYFLIE.weight
    assert force[0, :2] == pytest.approx([0, 0], abs=1e-12)
    assert torque == pytest.approx(np.zeros((2, 3)), abs=1e-12)
    assert force[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize("below", [0.15, 0.3, 0.6, 1.2])
def test_push_fades_with_distance_but_for_the_first_metres_is_felt(below):
    near, far = (act([(0, 0, 3.0), (0, 0, 3.0 - z)])[0][1, 2] for z in (below, 1.5 * below))
    assert near < far < -0.03 * CRAZYFLIE.weight


def test_push_grows_with_the_root_of_the_thrust():
    once, fourfold = (
        act([(0, 0, 2), (0, 0, 1.5)], thrust=thrust)[0][1, 2] for thrust in (0.1, 0.4)
    )
    assert fourfold == pytest.approx(2.0 * once)


def test_at_the_edge_of_a_jet_a_drone_is_tipped_towards_it():
    force, torque = act([(0, 0, 2.0), (0.12, 0, 1.6)])
    assert force[1, 2] < 0.0
    assert torque[1, 1] < 0.0  # the side towards -x goes down
    assert abs(torque[1, 0]) < 1e-9


def test_beside_and_far_aside_nothing_is_felt():
    force, torque = act([(0, 0, 1.0), (0.3, 0, 1.0), (2.0, 0, 0.2)])
    assert not force.any()
    assert not torque.any()


def test_jets_add_their_momentum():
    one = act([(0, 0, 2.0), (0, 0, 1.0)])[0][1, 2]
    two = act([(0.0, 0, 2.0), (0, 0, 1.0), (0, 0, 2.0)])[0][1, 2]
    assert two == pytest.approx(np.sqrt(2.0) * one)


def test_jet_blows_along_the_axis_of_the_drone():
    sideways = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])  # z points along x
    rotation = np.stack([sideways, LEVEL])
    force, _ = act([(0, 0, 1.0), (-0.5, 0, 1.0)], rotation)
    assert force[1, 0] < -0.02 * CRAZYFLIE.weight
    assert force[1, 2] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("below", [0.1, 0.8])
def test_momentum_of_the_jet_is_the_thrust(below):
    """Over a plane below, the density times the square of the speed adds up to the thrust."""
    probe = replace(CRAZYFLIE, rotor_positions=((0.0, 0.0, 0.0),) * 4)
    config = SimulatedCrazyflieConfig()
    model = Downwash(probe, config)
    radius = np.linspace(0.0, 0.6, 400)
    speed = []
    for r in radius:
        position = np.array([(0.0, 0, 2.0), (r, 0, 2.0 - below)])
        force, _ = model.act(position, np.tile(LEVEL, (2, 1, 1)), np.full(2, 0.27))
        speed.append(-force[1, 2] / config.drag[2])
    flux = np.trapezoid(1.2 * np.square(speed) * 2.0 * np.pi * radius, radius)
    assert flux == pytest.approx(0.27, rel=1e-3)
