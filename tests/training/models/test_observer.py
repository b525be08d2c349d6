"""The disturbance observer finds what the nominal model does not explain."""

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.dynamics.parameters import QuadrotorParameters
from untether_training.dynamics.quadrotor import QuadrotorDynamics, body_up
from untether_training.dynamics.state import QuadrotorState
from untether_training.models.observer import DisturbanceObserver, ObserverConfig

HOVER = CRAZYFLIE.hover_rotor_thrust / CRAZYFLIE.max_rotor_thrust


def observe(parameters, ticks, command=(HOVER,) * 4, config=None, velocity=0.0):
    """Fly with a constant command and return the estimate after some ticks, (6,)."""
    observer = DisturbanceObserver(CRAZYFLIE, config or ObserverConfig())
    dynamics = QuadrotorDynamics(CRAZYFLIE, parameters)
    state = QuadrotorState.at_rest(1)
    state.position[2] = 50.0
    state.linear_velocity[0] = velocity
    target = torch.tensor(command)[:, None].sqrt()
    state.rotor_speed.copy_(target)
    carry = {name: torch.tensor([value]) for name, value in observer.initial_carry.items()}
    carry["reached_thrust"] = carry["previous_command"] = torch.tensor([command])
    estimate = torch.zeros(1, 6)
    for _ in range(ticks):
        measured = torch.cat((state.linear_velocity, state.angular_velocity)).T
        estimate = observer.estimate(measured, carry)
        carry.update(observer.predict(measured, body_up(state.orientation).T, estimate, carry))
        for _ in range(2):
            dynamics.step(state, target)
    return estimate[0]


def test_nominal_drone_shows_no_disturbance():
    parameters = QuadrotorParameters.nominal(CRAZYFLIE, 1)
    estimate = observe(parameters, 100)
    assert estimate.abs().max() < 1e-2


def test_first_tick_knows_nothing_whatever_the_velocity():
    parameters = QuadrotorParameters.nominal(CRAZYFLIE, 1)
    assert observe(parameters, 1, velocity=3.0).abs().max() == 0.0
    assert observe(parameters, 30, velocity=3.0).abs().max() < 1e-2


def test_heavier_drone_and_wind():
    parameters = QuadrotorParameters.nominal(CRAZYFLIE, 1)
    parameters.mass.mul_(1.2)
    parameters.wind_force[0] = 0.01
    estimate = observe(parameters, 200)
    expected = [0.01 / (1.2 * CRAZYFLIE.mass), 0.0, -9.81 * (1.0 - 1.0 / 1.2)]
    assert estimate[:3].tolist() == pytest.approx(expected, abs=0.02)


def test_estimate_follows_with_its_bandwidth():
    parameters = QuadrotorParameters.nominal(CRAZYFLIE, 1)
    parameters.wind_force[0] = 0.01
    final = 0.01 / CRAZYFLIE.mass
    estimate = observe(parameters, 1 + 50, config=ObserverConfig(linear_bandwidth=2.0))
    assert estimate[0].item() == pytest.approx(final * (1.0 - 0.98**50), rel=0.02)


def test_uneven_rotors_show_as_angular_disturbance():
    parameters = QuadrotorParameters.nominal(CRAZYFLIE, 1)
    parameters.max_rotor_thrust[2:].mul_(1.001)  # the left rotors
    torque = 2 * 0.0325 * 0.001 * HOVER * CRAZYFLIE.max_rotor_thrust
    estimate = observe(parameters, 150)
    assert estimate[3].item() == pytest.approx(torque / CRAZYFLIE.inertia[0], rel=0.05)
    assert estimate[4:].abs().max() < 0.01


def test_estimate_is_limited_and_forgets_soon():
    parameters = QuadrotorParameters.nominal(CRAZYFLIE, 1)
    parameters.wind_force[0] = 1.0
    config = ObserverConfig(linear_limit=0.5)
    assert observe(parameters, 200, config=config)[0].item() == pytest.approx(0.5)
