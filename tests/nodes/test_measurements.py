import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_nodes.measurements import InputMonitor, Measurements


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(0.0, 1.0))
def test_a_quantile_is_a_measured_value_with_enough_values_below_it(values, fraction):
    measurements = Measurements(size=64)
    for value in values:
        measurements.add(value)
    (quantile,) = measurements.quantiles(fraction)
    assert quantile in values
    assert sum(value <= quantile for value in values) >= fraction * len(values) - 1e-9


def test_only_the_last_measurements_count():
    measurements = Measurements(size=3)
    for value in (100.0, 1.0, 2.0, 3.0):
        measurements.add(value)
    assert measurements.quantiles(0.0, 0.5, 1.0) == (1.0, 2.0, 3.0)
    measurements.clear()
    assert measurements.quantiles(0.5) == (0.0,)


def test_missing_samples_are_counted_but_pauses_are_not():
    monitor = InputMonitor("odom", 0.01)
    for stamp in (1.00, 1.01, 1.04, 1.05, 3.00, 3.01):
        monitor.arrive(stamp + 0.002, stamp)
    assert monitor.dropped == 2
    assert monitor.ages.quantiles(0.5)[0] == pytest.approx(0.002)


def test_the_rate_is_that_since_the_last_question():
    monitor = InputMonitor("odom", 0.01)
    assert monitor.take_rate(10.0) == 0.0
    for index in range(50):
        monitor.arrive(0.0, 0.01 * index)
    assert monitor.take_rate(10.5) == pytest.approx(100.0)
    assert monitor.take_rate(11.5) == 0.0
