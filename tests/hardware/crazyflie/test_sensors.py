import math

import numpy as np
import pytest

from untether_hardware.crazyflie.sensors import SensorNoise, Sensors
from untether_hardware.state import BodyState, ImuSample

NOISE = SensorNoise()
TURNED = (0.1, -0.2, 0.3, math.sqrt(1 - 0.14))
STATE = BodyState(1.0, (1.0, 2.0, 3.0), TURNED, (0.1, 0.2, 0.3), (1.0, -1.0, 2.0))
SAMPLE = ImuSample(1.0, (1.0, -1.0, 2.0), (0.0, 0.0, 9.81))


@pytest.fixture(scope="module")
def readings():
    sensors = Sensors(NOISE)
    sensors.reset(np.random.default_rng(0))
    states, samples = [], []
    for _ in range(4000):
        states.append(sensors.measure_state(STATE))
        samples.append(sensors.measure_imu(SAMPLE))
        sensors.advance()
    return states, samples


@pytest.mark.parametrize("name", ["position", "linear_velocity", "angular_velocity"])
def test_odometry_scatters_about_the_truth_as_configured(readings, name):
    error = np.array([getattr(state, name) for state in readings[0]]) - getattr(STATE, name)
    sigma = getattr(NOISE, name)
    assert error.std(axis=0) == pytest.approx([sigma] * 3, rel=0.05)
    assert np.abs(error.mean(axis=0)).max() < 5 * sigma / math.sqrt(len(error))


def test_orientation_noise_is_a_small_turn_about_each_axis(readings):
    x, y, z, w = TURNED
    inverse = np.array([[w, z, -y, -x], [-z, w, x, -y], [y, -x, w, -z], [x, y, z, w]])
    measured = np.array([state.orientation for state in readings[0]])
    turn = measured @ inverse.T  # from the true attitude to the measured one
    assert np.linalg.norm(measured, axis=1) == pytest.approx(np.ones(len(measured)), abs=1e-12)
    assert 2 * turn[:, :3].std(axis=0) == pytest.approx([NOISE.orientation] * 3, rel=0.05)
    assert turn[:, :3].mean(axis=0) == pytest.approx([0, 0, 0], abs=5e-4)


def test_no_two_quantities_share_their_noise(readings):
    columns = np.concatenate(
        [
            [[*s.position, *s.orientation[:3], *s.linear_velocity, *s.angular_velocity]
             for s in readings[0]],
            [[*s.angular_velocity, *s.linear_acceleration] for s in readings[1]],
        ],
        axis=1,
    )  # fmt: skip
    correlation = np.abs(np.corrcoef(columns.T)) - np.eye(columns.shape[1])
    correlation[3:6, 3:6] = 0.0  # of the quaternion's elements, which belong together
    assert correlation.max() < 0.08


def test_imu_has_white_noise_about_a_constant_bias(readings):
    rate = np.array([sample.angular_velocity for sample in readings[1]])
    force = np.array([sample.linear_acceleration for sample in readings[1]])
    assert rate.std(axis=0) == pytest.approx([NOISE.angular_velocity] * 3, rel=0.05)
    assert force.std(axis=0) == pytest.approx([NOISE.linear_acceleration] * 3, rel=0.05)
    assert 0 < np.abs(rate.mean(axis=0) - SAMPLE.angular_velocity).max() < 5 * NOISE.gyroscope_bias


def test_bias_is_drawn_anew_at_reset():
    generator = np.random.default_rng(0)
    sensors = Sensors(SensorNoise(linear_acceleration=0.0, angular_velocity=0.0))
    bias = []
    for _ in range(2000):
        sensors.reset(generator)
        bias.append(np.subtract(sensors.measure_imu(SAMPLE).angular_velocity, (1, -1, 2)))
    assert np.std(bias) == pytest.approx(NOISE.gyroscope_bias, rel=0.05)


def test_without_noise_the_truth_is_told():
    sensors = Sensors(None)
    sensors.reset(np.random.default_rng(0))
    assert sensors.measure_state(STATE) is STATE
    assert sensors.measure_imu(SAMPLE) is SAMPLE


def test_readings_do_not_change_until_time_advances():
    sensors = Sensors(NOISE)
    sensors.reset(np.random.default_rng(0))
    assert sensors.measure_state(STATE) == sensors.measure_state(STATE)
    before = sensors.measure_state(STATE)
    sensors.advance()
    assert sensors.measure_state(STATE) != before
