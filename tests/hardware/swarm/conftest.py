"""A geometric controller with repulsion, by which tests fly a swarm without a trained policy."""

import numpy as np
import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.mixer import mixer_matrix
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.distance_field import SPACING
from untether_hardware.swarm.observation import observe
from untether_hardware.swarm.simulator import SimulatedSwarm, SimulatedSwarmConfig

INVERSE_MIXER = np.linalg.inv(mixer_matrix(CRAZYFLIE))


def track_velocity(state, velocity):
    """Return rotor thrusts (drones, 4) [N] that fly at velocities (drones, 3) [m/s] map."""
    force = CRAZYFLIE.mass * (3.5 * (velocity - state.linear_velocity) + [0, 0, 9.81])
    force[:, 2] = np.maximum(force[:, 2], 0.3 * CRAZYFLIE.weight)
    x, y, z, w = state.orientation.T
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    ).transpose(2, 0, 1)
    wanted = np.einsum("nab,na->nb", rotation, force)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    heading = np.arctan2(-rotation[:, 1, 0], rotation[:, 0, 0])
    tilt = np.column_stack([-wanted[:, 1], wanted[:, 0], heading])
    damping = np.array([17.0, 17.0, 9.0]) * state.angular_velocity
    torque = np.asarray(CRAZYFLIE.inertia) * (np.array([90.0, 90.0, 20.0]) * tilt - damping)
    collective = np.einsum("na,na->n", force, rotation[:, :, 2])
    wrench = np.column_stack([collective, torque])
    return np.clip(wrench @ INVERSE_MIXER.T, 0.0, CRAZYFLIE.max_rotor_thrust)


class Repelled:
    """Flies towards goals, around columns and away from others, as well as fits into few lines."""

    def __init__(self, columns, speed=1.0):
        self._columns = columns
        self._speed = speed

    def __call__(self, state, goal):
        seen = observe(state, goal, self._columns, min(6, max(len(goal) - 1, 1)))
        error = goal - state.position
        distance = np.linalg.norm(error, axis=1, keepdims=True)
        velocity = error * np.minimum(1.2, self._speed / np.maximum(distance, 1e-9))
        field = seen.obstacle_distance.reshape(-1, 3, 3)
        away = np.stack([field[:, 2, 1] - field[:, 0, 1], field[:, 1, 2] - field[:, 1, 0]], axis=1)
        away /= 2.0 * SPACING
        near = np.clip(0.6 - field[:, 1, 1], 0.0, 0.6)[:, None]
        aside = np.stack([-away[:, 1], away[:, 0]], axis=1)
        turn = np.sign((aside * velocity[:, :2]).sum(axis=1, keepdims=True) + 1e-3)
        velocity[:, :2] += near * (3.0 * away + 1.5 * turn * aside)
        apart = np.linalg.norm(seen.neighbour_position, axis=2, keepdims=True)
        push = np.clip(0.7 - apart, 0.0, 0.7) / np.maximum(apart, 0.05)
        velocity -= 2.5 * (push * seen.neighbour_position).sum(axis=1)
        return track_velocity(state, velocity)


def make_swarm(position, columns=None, seed=0, *, swarm=None, **robot):
    """A swarm with perfect sensors and no latency; `swarm` and the rest change that."""
    clean = {"noise": None, "odometry_latency": 0.0, "command_latency": 0.0}
    config = SimulatedSwarmConfig(
        robot=SimulatedCrazyflieConfig(**{**clean, **robot}), **(swarm or {})
    )
    return SimulatedSwarm(columns or Columns(np.zeros((0, 2)), np.zeros(0)), position, config, seed)


@pytest.fixture(scope="session")
def empty():
    return Columns(np.zeros((0, 2)), np.zeros(0))


@pytest.fixture(scope="session")
def make():
    return make_swarm


@pytest.fixture(scope="session")
def controller():
    return Repelled


@pytest.fixture(scope="session")
def velocity_controller():
    return track_velocity
