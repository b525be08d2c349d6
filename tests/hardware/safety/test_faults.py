"""Closed loop: each fault at random states, on dynamics that are the tests' own."""

import pytest

from untether_hardware.safety import Guard, Mode

EXPECTED = {
    "killed": {Guard.COMMAND_STALE},
    "stalled": {Guard.COMMAND_STALE},
    "nan": {Guard.NOT_FINITE},
    "infinite": {Guard.NOT_FINITE},
    "far out of limits": {Guard.VALUE_LIMIT},
    "just out of limits": {Guard.VALUE_LIMIT, Guard.TILT},
    "late": {Guard.COMMAND_STALE},
    "mismatched": {Guard.COMMAND_MISMATCH},
    "duplicate publisher": {Guard.DUPLICATE_PUBLISHER},
    "odometry lost": {Guard.SENSOR_LOST},
    "odometry frozen": {Guard.SENSOR_FROZEN},
    "odometry stuck": {Guard.SENSOR_FROZEN, Guard.SENSOR_LOST},
    "odometry not a number": {Guard.SENSOR_INVALID},
}


def time_in_fault(flight, onset):
    """Time from an onset to mode FAULT [s]."""
    return next(time for time, mode in flight.modes if mode is Mode.FAULT) - onset


@pytest.mark.parametrize("fault", EXPECTED)
def test_fallback_starts_in_time_and_lands_softly(fly, inject, trials, fault):
    for seed in range(trials(3)):
        flight = fly(seed)
        flight.rest()
        flight.throw_anywhere()
        flight.run(0.2)
        assert flight.stage.mode is Mode.POLICY, flight.stage.reason
        onset = flight.time
        inject(flight, fault)
        assert flight.run(15.0, until=lambda flight: flight.landed), seed
        assert flight.stage.fault in EXPECTED[fault], seed
        assert flight.first_fallback(onset) < 0.1, seed
        assert time_in_fault(flight, onset) < 0.1, seed
        assert flight.hardest_impact < 1.0, seed


def test_tilt_beyond_the_limit_is_caught_and_recovered(fly, inject, trials):
    for seed in range(trials(3)):
        flight = fly(seed)
        flight.rest()
        flight.throw_anywhere(lowest=1.7, highest=2.5, fastest=1.0)
        flight.run(0.2)
        inject(flight, "tilted")
        tilted = []

        def beyond_limit(flight, tilted=tilted):
            x, y, _, _ = flight.robot.attitude
            if 1 - 2 * (x * x + y * y) < 0.36 and not tilted:
                tilted.append(flight.time)
            return flight.landed

        assert flight.run(15.0, until=beyond_limit)
        assert flight.stage.fault is Guard.TILT
        onset = tilted[0] if tilted else flight.modes[-1][0]
        assert next(time for time, mode in flight.modes if mode is Mode.FAULT) - onset < 0.1
        assert flight.hardest_impact < 1.0, seed


@pytest.mark.parametrize("fault", ["killed", "odometry lost", "odometry frozen"])
@pytest.mark.parametrize("scales", [(1.15, 1.0), (0.85, 1.0), (1.0, 0.9)])
def test_landing_survives_wrong_mass_and_thrust(fly, inject, trials, fault, scales):
    mass, thrust = scales
    for seed in range(trials(1)):
        flight = fly(seed, mass_scale=mass, thrust_scale=thrust)
        flight.rest()
        flight.throw_anywhere(lowest=0.8, fastest=1.5)
        flight.run(0.2)
        inject(flight, fault)
        assert flight.run(15.0, until=lambda flight: flight.landed)
        assert flight.hardest_impact < 1.0


def test_a_policy_late_for_a_moment_keeps_control(fly):
    flight = fly(3)
    flight.take_off()
    flight.corrupt, sound = (lambda command: None), flight.corrupt
    start = flight.time
    flight.run(0.04)
    flight.corrupt = sound
    flight.run(1.0)
    assert flight.stage.mode is Mode.POLICY
    assert flight.first_fallback(start) < 0.05  # kept level meanwhile
    assert flight.sent[-1][1].source == 1
    assert abs(flight.robot.position[2] - 1.0) < 0.2


def test_lively_flight_trips_nothing(fly):
    for seed in range(3):
        flight = fly(seed)
        flight.take_off(1.2)
        for _ in range(10):
            rng, position = flight.rng, flight.robot.position
            goal = (rng.uniform(-1.5, 1.5), rng.uniform(-1.5, 1.5), rng.uniform(0.5, 2.2))
            for _ in range(100):
                error = [g - p for g, p in zip(goal, position, strict=True)]
                size = max(1e-9, sum(e * e for e in error) ** 0.5)
                flight.want = tuple(min(2.0, 2.5 / size) * e for e in error)
                flight.step()
        assert flight.stage.mode is Mode.POLICY, flight.stage.reason
        assert not flight.events
