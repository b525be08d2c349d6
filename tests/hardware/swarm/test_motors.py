import numpy as np
import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.mixer import thrust_to_wrench
from untether_hardware.crazyflie.motors import Motors
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.swarm.motors import SwarmMotors


def test_every_drone_has_the_motors_of_one_crazyflie():
    config = SimulatedCrazyflieConfig()
    generator = np.random.default_rng(0)
    swarm = SwarmMotors(CRAZYFLIE, config, 3)
    singles = [
        Motors(
            CRAZYFLIE,
            time_constants=config.motor_time_constants,
            timestep=config.timestep,
            max_speed=config.max_rotor_speed,
            rotor_inertia=config.rotor_inertia,
        )
        for _ in range(3)
    ]
    gain = np.array([[1.0], [0.9], [1.2]])
    for _ in range(20):
        command = generator.uniform(0.0, CRAZYFLIE.max_rotor_thrust, (3, 4))
        swarm.command(command)
        for motors, row in zip(singles, command.tolist(), strict=True):
            motors.command(row)
        for _ in range(5):
            wrench = swarm.advance(gain)
            for drone, motors in enumerate(singles):
                *thrust, spin_up = motors.advance()
                collective, (x, y, z) = thrust_to_wrench(
                    CRAZYFLIE, gain[drone, 0] * np.asarray(thrust)
                )
                expected = (collective, x, y, z + spin_up)
                assert wrench[drone] == pytest.approx(expected, abs=1e-12)


def test_reset_lets_rotors_turn_at_a_constant_speed():
    motors = SwarmMotors(CRAZYFLIE, SimulatedCrazyflieConfig(), 2)
    thrust = np.array([[0.05] * 4, [0.1] * 4])
    motors.reset(thrust)
    wrench = motors.advance(np.ones((2, 1)))
    assert motors.thrust == pytest.approx(thrust)
    assert wrench == pytest.approx(np.array([[0.2, 0, 0, 0], [0.4, 0, 0, 0]]), abs=1e-12)
