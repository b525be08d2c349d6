"""A geometric controller, by which tests can fly without a trained policy, and a short flight."""

import math

import numpy as np
import pytest

from untether_hardware.crazyflie.course import Tour
from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.flight_recorder import FlightRecorder
from untether_hardware.crazyflie.mixer import mixer_matrix
from untether_hardware.crazyflie.simulator import SimulatedCrazyflie


def control_geometrically(state, setpoint, mass=CRAZYFLIE.mass):
    """Return rotor thrusts (4,) [N] that fly to a setpoint: proportional-derivative, tilt first."""
    position, velocity = np.asarray(state.position), np.asarray(state.linear_velocity)
    error = np.asarray(setpoint.position) - position
    error *= min(1.0, 1.0 / max(np.linalg.norm(error), 1e-9))
    force = mass * (4.0 * error + 3.5 * (setpoint.linear_velocity - velocity) + [0, 0, 9.81])
    force[2] = max(force[2], 0.3 * mass * 9.81)
    x, y, z, w = state.orientation
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    wanted = rotation.T @ (force / np.linalg.norm(force))  # base_link: the axis to turn z to
    tilt = np.array([-wanted[1], wanted[0], math.atan2(-rotation[1, 0], rotation[0, 0])])
    rate = np.asarray(state.angular_velocity)
    inertia = np.asarray(CRAZYFLIE.inertia)
    torque = inertia * ([90.0, 90.0, 20.0] * tilt * [1, 1, 1] - [17.0, 17.0, 9.0] * rate)
    wrench = np.array([force @ rotation[:, 2], *torque])
    thrust = np.linalg.solve(mixer_matrix(CRAZYFLIE), wrench)
    return tuple(np.clip(thrust, 0.0, CRAZYFLIE.max_rotor_thrust).tolist())


@pytest.fixture(scope="session")
def controller():
    return control_geometrically


@pytest.fixture(scope="session")
def flight():
    """A flight over three waypoints, from the floor, in the nominal simulator."""
    simulator = SimulatedCrazyflie(seed=3)
    tour = Tour([(0.0, 0.0, 1.0), (0.8, 0.5, 1.3), (-0.4, 0.6, 0.8)])
    recorder = FlightRecorder(
        "three waypoints", waypoints=tour.waypoints, radius=tour.radius, dwell=tour.dwell
    )
    while (setpoint := tour.advance(simulator.read_truth())) is not None:
        thrust = control_geometrically(simulator.read_state(), setpoint)
        recorder.append(
            simulator.read_truth(), setpoint, thrust, mode=2, goal_index=tour.goal_index
        )
        simulator.step(thrust)
    recorder.append(simulator.read_truth(), None, thrust, mode=2)
    return recorder.finish()
