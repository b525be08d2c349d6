import numpy as np
import pytest

from untether_hardware.interval import wilson_interval
from untether_hardware.swarm.rate import Rate


def draw(drones):
    return np.random.default_rng(7).random((drones, 2000)) < 0.9


def test_independent_drones_have_the_interval_of_their_number():
    rate = Rate.of(draw(8))
    lower, upper = wilson_interval(rate.count, rate.trials)
    assert rate.upper - rate.lower == pytest.approx(upper - lower, rel=0.1)


def test_drones_that_share_their_fate_count_as_one():
    rate = Rate.of(draw(1).repeat(8, axis=0))
    lower, upper = wilson_interval(rate.count // 8, 2000)
    assert rate.upper - rate.lower == pytest.approx(upper - lower, rel=0.1)


def test_all_or_none_have_an_interval_too():
    assert Rate.of(np.ones((8, 25), dtype=bool)).upper == 1.0
    assert 0.9 < Rate.of(np.ones((8, 25), dtype=bool)).lower < 1.0
    assert Rate.of(np.zeros((8, 25), dtype=bool)).lower == 0.0


def test_a_rate_reads_as_per_cent_with_its_interval():
    assert str(Rate.of(np.ones((2, 2), dtype=bool))) == "100.0 (51.0-100.0)"
