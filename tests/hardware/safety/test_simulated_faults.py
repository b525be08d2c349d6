"""Closed loop: faults and bad policies in the deployment simulator."""

import random
from dataclasses import replace

import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Guard, Mode

LARGEST = CRAZYFLIE.max_rotor_thrust


def fly_about(flight, seed, highest=2.0):
    """Take off and be somewhere, moving, when this returns."""
    rng = random.Random(seed)
    height = rng.uniform(0.8, highest)
    flight.take_off(height, 2.5 + height)
    flight.want = (rng.uniform(-1.2, 1.2), rng.uniform(-1.2, 1.2), rng.uniform(-0.4, 0.6))
    flight.run(rng.uniform(0.2, 0.8))
    assert flight.stage.mode is Mode.POLICY, flight.stage.reason
    flight.robot.impacts.clear()


@pytest.mark.parametrize(
    "fault",
    [
        "killed",
        "stalled",
        "nan",
        "infinite",
        "far out of limits",
        "just out of limits",
        "late",
        "duplicate publisher",
        "odometry lost",
        "odometry frozen",
        "odometry stuck",
        "odometry not a number",
    ],
)
def test_every_fault_ends_in_a_soft_landing(simulate, inject, trials, fault):
    for seed in range(trials(1)):
        flight = simulate(seed)
        fly_about(flight, seed)
        onset = flight.time
        inject(flight, fault)
        assert flight.run(15.0, until=lambda flight: flight.landed), seed
        assert flight.first_fallback(onset) < 0.1, seed
        assert flight.hardest_impact < 1.0, seed


@pytest.mark.parametrize("fault", ["killed", "odometry lost"])
def test_landing_survives_wind_mass_and_latency(simulate, inject, trials, fault):
    for seed in range(trials(1)):
        options = {"extra_latency": 0.01, "wind": (1.0, 0.0, 0.0), "gust": 0.3}
        flight = simulate(seed, mass_scale=1.15 if seed % 2 else 0.85, **options)
        fly_about(flight, seed)
        inject(flight, fault)
        assert flight.run(15.0, until=lambda flight: flight.landed), seed
        assert flight.hardest_impact < 1.0, seed


def test_perfect_sensors_trip_nothing(simulate):
    """Without noise a hovering robot repeats to the bit, which is no fault."""
    flight = simulate(noise=None)
    flight.take_off(1.0, 4.0)
    flight.want = (0.0, 0.0, 0.0)
    flight.run(12.0)
    assert flight.stage.mode is Mode.POLICY
    flight.stage.land(flight.time)
    assert flight.run(8.0, until=lambda flight: flight.stage.mode is Mode.IDLE)
    assert not [event for event in flight.events if event.fault]


BAD_POLICIES = {
    "negated": lambda values: tuple(-v for v in values),
    "negated about hover": lambda values: tuple(
        min(LARGEST, max(0.0, 0.55 * LARGEST * 2 - v)) for v in values
    ),
    "times five": lambda values: tuple(5 * v for v in values),
    "times five, clipped": lambda values: tuple(min(LARGEST, 5 * v) for v in values),
    "zeroed": lambda values: (0.0,) * 4,
    "wrong order": lambda values: values[::-1],
    "rotated order": lambda values: (*values[1:], values[0]),
}


@pytest.mark.parametrize("name", BAD_POLICIES)
def test_a_bad_policy_is_caught_before_the_floor_and_recovered(simulate, trials, name):
    for seed in range(trials(1)):
        flight = simulate(seed)
        fly_about(flight, seed, highest=1.6)
        change = BAD_POLICIES[name]
        flight.corrupt = lambda command, change=change: replace(
            command, values=change(command.values)
        )
        assert flight.run(20.0, until=lambda flight: flight.landed), seed
        caught = next(time for time, mode in flight.modes if mode is Mode.FAULT)
        assert all(time > caught for time, _ in flight.robot.impacts), seed
        assert flight.stage.fault in (Guard.VALUE_LIMIT, Guard.ENVELOPE, Guard.TILT, Guard.FLOOR)
        assert flight.hardest_impact < 1.0, seed
