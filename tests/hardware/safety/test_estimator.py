"""Dead reckoning against a motion that is known exactly."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest

from untether_hardware.safety.bias import BiasGains
from untether_hardware.safety.estimator import Estimator
from untether_hardware.state import BodyState, ImuSample

GRAVITY = 9.81
GYROSCOPE_BIAS = (0.009, -0.006, 0.004)  # [rad/s]
ACCELEROMETER_BIAS = (0.08, -0.1, 0.06)  # [m/s^2]


def move(time):
    """Truth of a robot that sways along x and pitches about y: state without noise, felt force."""
    frequency, sway, pitch = 2.0, 0.4, 0.25
    phase = frequency * time
    angle = pitch * math.sin(phase)
    state = BodyState(
        time,
        (sway * math.sin(phase), 0.1 * time, 1.0),
        (0.0, math.sin(angle / 2), 0.0, math.cos(angle / 2)),
        (sway * frequency * math.cos(phase), 0.1, 0.0),
        (0.0, pitch * frequency * math.cos(phase), 0.0),
    )
    acceleration = -sway * frequency**2 * math.sin(phase)
    felt = (
        math.cos(angle) * acceleration - math.sin(angle) * GRAVITY,
        0.0,
        math.sin(angle) * acceleration + math.cos(angle) * GRAVITY,
    )
    return state, felt


def feed(estimator, start, duration, rng=None, latency=0.004, states=True, bias=True):
    """Feed samples at 100 Hz; the state is older than the inertial sample of the same tick."""
    noise = rng.gauss if rng else lambda mean, deviation: 0.0
    for index in range(round(duration / 0.01)):
        now = start + 0.01 * index
        truth, felt = move(now)
        gyro = zip(truth.angular_velocity, GYROSCOPE_BIAS, strict=True)
        accel = zip(felt, ACCELEROMETER_BIAS, strict=True)
        estimator.observe_imu(
            ImuSample(
                now,
                tuple(v + bias * b + noise(0, 0.0025) for v, b in gyro),
                tuple(v + bias * b + noise(0, 0.05) for v, b in accel),
            )
        )
        if not states:
            estimator.settle()
        else:
            truth, _ = move(now - latency)
            position = tuple(v + noise(0, 0.005) for v in truth.position)
            velocity = tuple(v + noise(0, 0.01) for v in truth.linear_velocity)
            estimator.correct(replace(truth, position=position, linear_velocity=velocity))
    return start + 0.01 * (round(duration / 0.01) - 1)


def test_it_needs_a_state_to_start_from():
    estimator = Estimator(GRAVITY)
    assert estimator.predict() is None
    feed(estimator, 0.0, 0.1, states=False)
    assert estimator.predict() is None


def test_it_carries_an_old_state_to_the_present():
    estimator = Estimator(GRAVITY)
    end = feed(estimator, 0.0, 1.0, latency=0.02, bias=False)
    truth, _ = move(end)
    estimate = estimator.predict()
    assert estimate.stamp == end
    assert np.allclose(estimate.position, truth.position, atol=2e-3)
    assert np.allclose(estimate.linear_velocity, truth.linear_velocity, atol=5e-3)
    assert np.allclose(estimate.orientation, truth.orientation, atol=1e-3)


def test_biases_are_learnt_through_noise():
    estimator = Estimator(GRAVITY)
    feed(estimator, 0.0, 6.0, random.Random(1))
    assert np.allclose(estimator.gyroscope_bias, GYROSCOPE_BIAS, atol=1.5e-3)
    assert np.allclose(estimator.accelerometer_bias, ACCELEROMETER_BIAS, atol=0.03)


def test_five_seconds_on_the_inertial_sensor_alone():
    for seed in range(3):
        estimator = Estimator(GRAVITY)
        rng = random.Random(seed)
        end = feed(estimator, 0.0, 6.0, rng)
        end = feed(estimator, end + 0.01, 5.0, rng, states=False)
        truth, _ = move(end)
        estimate = estimator.predict()
        assert np.allclose(estimate.linear_velocity, truth.linear_velocity, atol=0.3)
        assert np.allclose(estimate.position, truth.position, atol=0.8)


def test_a_state_that_jumps_is_followed_and_teaches_nothing():
    estimator = Estimator(GRAVITY)
    end = feed(estimator, 0.0, 6.0)
    before = estimator.gyroscope_bias, estimator.accelerometer_bias
    truth, _ = move(end + 0.006)
    elsewhere = replace(truth, linear_velocity=(3.0, 0.0, 0.0))
    estimator.observe_imu(ImuSample(end + 0.01, (0.0,) * 3, (0.0, 0.0, GRAVITY)))
    estimator.correct(elsewhere)
    assert estimator.predict().linear_velocity[0] == pytest.approx(3.0, abs=0.05)
    assert np.allclose(estimator.gyroscope_bias, before[0], atol=2e-4)
    assert np.allclose(estimator.accelerometer_bias, before[1], atol=1e-9)


def test_a_gap_in_the_inertial_samples_is_not_bridged():
    estimator = Estimator(GRAVITY)
    end = feed(estimator, 0.0, 1.0, bias=False)
    velocity = estimator.predict().linear_velocity
    estimator.observe_imu(ImuSample(end + 1.0, (0.0,) * 3, (50.0, 0.0, GRAVITY)))
    assert np.allclose(estimator.predict().linear_velocity, velocity, atol=1e-9)


def test_gains_fall_as_the_bias_is_learnt_and_rise_again_after_a_jump():
    gains = BiasGains(measurement=0.01, rate=0.001, wander=1e-4, bias=0.1)
    first = [gains.update(0.01, jumped=False) for _ in range(20)]
    for _ in range(500):
        late = gains.update(0.01, jumped=False)
    assert late[0] < first[1][0]
    assert abs(late[1]) < max(abs(gain) for _, gain in first)
    assert gains.update(0.01, jumped=True) == (1.0, 0.0)
    assert gains.update(0.01, jumped=False)[0] > late[0]
