from math import dist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_nodes.reference import figure_eight

CENTRE = (0.5, -0.3, 1.2)
times = st.floats(0.0, 100.0)
periods = st.floats(1.0, 20.0)
sizes = st.floats(0.1, 3.0)


@given(times, periods, sizes)
def test_it_repeats_after_a_period(time, period, size):
    here = figure_eight(CENTRE, time, period=period, size=size)
    again = figure_eight(CENTRE, time + period, period=period, size=size)
    assert dist(here.position, again.position) < 1e-9
    assert dist(here.linear_velocity, again.linear_velocity) < 1e-6


@given(times, periods, sizes)
def test_its_velocity_is_the_derivative_of_its_position(time, period, size):
    step = 1e-5 * period
    before = figure_eight(CENTRE, time - step, period=period, size=size).position
    after = figure_eight(CENTRE, time + step, period=period, size=size).position
    slope = [(b - a) / (2 * step) for a, b in zip(before, after, strict=True)]
    velocity = figure_eight(CENTRE, time, period=period, size=size).linear_velocity
    assert dist(slope, velocity) < 1e-6 * size / period + 1e-9


@given(times, periods, sizes)
def test_it_stays_level_and_within_its_size(time, period, size):
    x, y, z = figure_eight(CENTRE, time, period=period, size=size).position
    assert abs(x - CENTRE[0]) <= size * (1 + 1e-12)
    assert abs(y - CENTRE[1]) <= 0.5 * size * (1 + 1e-12)
    assert z == CENTRE[2]


def test_it_starts_at_the_centre_and_reaches_its_tip_after_a_quarter():
    assert figure_eight(CENTRE, 0.0, period=8.0, size=1.0).position == CENTRE
    tip = figure_eight(CENTRE, 2.0, period=8.0, size=1.0)
    assert tip.position == pytest.approx((1.5, -0.3, 1.2))
    assert tip.linear_velocity[0] == pytest.approx(0.0)
