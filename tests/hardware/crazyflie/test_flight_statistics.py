import math
from dataclasses import replace

import numpy as np
import pytest

from untether_hardware.crazyflie.flight import Flight
from untether_hardware.crazyflie.flight_statistics import summarize_flight


def make_flight(position, *, goal=(0.0, 0.0, 1.0), speed=None, **changes):
    """A flight through positions, 0.1 s apart, to one waypoint."""
    position = np.asarray(position, dtype=float)
    count = len(position)
    velocity = np.gradient(position, 0.1, axis=0) if speed is None else np.asarray(speed)
    flight = Flight(
        name="test",
        time=0.1 * np.arange(count),
        position=position,
        orientation=np.tile([0.0, 0.0, 0.0, 1.0], (count, 1)),
        linear_velocity=velocity,
        angular_velocity=np.zeros((count, 3)),
        goal=np.tile(goal, (count, 1)),
        goal_index=np.zeros(count, dtype=int),
        thrust=np.zeros((count, 4)),
        mode=np.full(count, 2),
        waypoints=np.array([goal]),
        radius=0.1,
        dwell=0.3,
    )
    return replace(flight, **changes)


def at(*distances):
    return [(distance, 0.0, 1.0) for distance in distances]


def test_waypoint_is_reached_after_an_unbroken_dwell():
    flight = make_flight(at(0.5, 0.05, 0.2, 0.04, 0.04, 0.06, 0.06, 0.5))
    (result,) = summarize_flight(flight).waypoints
    assert result.reached
    assert result.duration == pytest.approx(0.6)
    assert result.error == pytest.approx(0.05)


def test_broken_dwell_does_not_count():
    flight = make_flight(at(0.5, 0.05, 0.05, 0.05, 0.2, 0.05, 0.05, 0.05))
    (result,) = summarize_flight(flight).waypoints
    assert not result.reached
    assert result.error == pytest.approx(0.05)
    assert result.duration == pytest.approx(0.7)


def test_only_the_time_as_goal_counts():
    index = np.array([0, 0, 1, 1, 1, 1, 1])
    flight = make_flight(at(0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05), goal_index=index)
    assert not summarize_flight(flight).waypoints[0].reached


def test_waypoint_without_a_turn_was_not_reached():
    flight = make_flight(at(0.0, 0.0, 0.0), goal_index=np.full(3, -1))
    (result,) = summarize_flight(flight).waypoints
    assert not result.reached
    assert math.isnan(result.error)


def test_flown_tour_counts_its_waypoints(flight):
    statistics = summarize_flight(flight)
    assert statistics.reached == len(statistics.waypoints) == 3
    assert all(0.5 <= result.duration < 6.0 for result in statistics.waypoints)
    assert statistics.mean_speed < statistics.max_speed
    assert math.isnan(statistics.impact_speed)


def test_impact_speed_is_that_before_the_last_touch():
    height = [0.02, 0.5, 0.10, 0.022, 0.03, 0.021]
    fall = [0.0, 1.0, -0.9, 0.4, -0.1, 0.0]
    flight = make_flight(
        [(0, 0, z) for z in height], speed=[(0, 0, v) for v in fall], mode=np.full(6, 1)
    )
    assert summarize_flight(flight).impact_speed == pytest.approx(0.9)


def test_tracking_error_is_the_root_mean_square():
    flight = make_flight(at(0.3, 0.4))
    assert summarize_flight(flight).tracking_error == pytest.approx(math.sqrt(0.125))
    assert math.isnan(
        summarize_flight(replace(flight, goal=np.full((2, 3), np.nan))).tracking_error
    )
