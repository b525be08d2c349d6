"""The estimator tells slow rotors from quick ones while the drone manoeuvres."""

import math

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.dynamics.parameters import QuadrotorParameters
from untether_training.dynamics.quadrotor import QuadrotorDynamics
from untether_training.dynamics.state import QuadrotorState
from untether_training.models.observer import DisturbanceObserver, ObserverConfig
from untether_training.models.rotor_lag import RotorLagConfig, RotorLagEstimator

HOVER = CRAZYFLIE.hover_rotor_thrust / CRAZYFLIE.max_rotor_thrust
QUICK, SLOW = 0.0375, 0.145  # [s]


class Rig:
    """A drone whose roll is shaken, and the estimator that watches it."""

    def __init__(self, lag, noise=0.0, left=1.0):
        parameters = QuadrotorParameters.nominal(CRAZYFLIE, 1)
        parameters.motor_rise_time.fill_(lag)
        parameters.motor_fall_time.fill_(lag)
        parameters.max_rotor_thrust[2:].mul_(left)
        self.dynamics = QuadrotorDynamics(CRAZYFLIE, parameters)
        self.state = QuadrotorState.at_rest(1)
        self.state.position[2] = 1e4  # it tumbles and falls meanwhile
        self.state.rotor_speed.fill_(math.sqrt(HOVER))
        self.noise = noise
        self.generator = torch.Generator().manual_seed(1)
        self.observer = DisturbanceObserver(CRAZYFLIE, ObserverConfig())
        self.estimator = RotorLagEstimator(
            self.observer.effect[:, 1:3], self.observer.config.period, RotorLagConfig()
        )
        initial = self.observer.initial_carry | self.estimator.initial_carry
        self.carry = {name: torch.tensor([value]) for name, value in initial.items()}
        self.carry["previous_command"] = torch.full((1, 4), HOVER)
        self.ticks = 0

    def fly(self, ticks, shake):
        """Return how slow the rotors seem after some ticks."""
        slowness = torch.zeros(1, 1)
        for _ in range(ticks):
            noise = self.noise * torch.randn((6, 1), generator=self.generator)
            body = torch.cat((self.state.linear_velocity, self.state.angular_velocity))
            measured = (body + noise).T
            slowness, following = self.estimator(measured[:, 3:], self.carry)
            up = torch.tensor([[0.0, 0.0, 1.0]])
            following |= self.observer.predict(measured, up, torch.zeros(1, 6), self.carry)
            roll = shake * math.sin(2.0 * math.pi * 5.0 * 0.01 * self.ticks)
            command = HOVER + roll * torch.tensor([[-1.0, -1.0, 1.0, 1.0]])
            self.carry |= following | {"previous_command": command}
            for _ in range(2):
                self.dynamics.step(self.state, command.T.sqrt())
            self.ticks += 1
        return slowness.item()


@pytest.mark.parametrize("left", [1.0, 1.05])
def test_a_shake_tells_quick_rotors_from_slow_ones(left):
    assert Rig(QUICK, noise=0.05, left=left).fly(40, shake=0.1) < -0.8
    assert Rig(SLOW, noise=0.05, left=left).fly(40, shake=0.1) > 0.8


@pytest.mark.parametrize("lag", [QUICK, SLOW])
def test_steady_flight_tells_nothing(lag):
    assert abs(Rig(lag, noise=0.05).fly(300, shake=0.0)) < 0.3


def test_evidence_is_kept_for_a_while_and_then_forgotten():
    rig = Rig(SLOW)
    assert rig.fly(40, shake=0.1) > 0.8
    assert rig.fly(100, shake=0.0) > 0.5
    assert rig.fly(1500, shake=0.0) < 0.1


def test_evidence_is_limited_and_revised_at_once():
    quick, slow = Rig(QUICK), Rig(SLOW)
    quick.fly(500, shake=0.1)
    slow.carry["lag_evidence"] = quick.carry["lag_evidence"].clone()
    assert slow.carry["lag_evidence"].item() == pytest.approx(-3.0)
    assert slow.fly(60, shake=0.1) > 0.5
