import math

from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.safety.staleness import Arrival, Freshness


def test_a_new_stamp_is_fresh_and_ends_the_silence():
    freshness = Freshness(max_age=0.05)
    assert freshness.silence(1.0) == math.inf
    assert freshness.offer(time=1.0, now=101.0, stamp=100.99) is Arrival.FRESH
    assert freshness.silence(1.5) == 0.5


def test_repeated_old_and_future_stamps_do_not_end_it():
    freshness = Freshness(max_age=0.05)
    freshness.offer(1.0, 101.0, 101.0)
    assert freshness.offer(1.1, 101.1, 101.0) is Arrival.REPEATED
    assert freshness.offer(1.1, 101.1, 100.9) is Arrival.REPEATED
    assert freshness.offer(1.1, 101.1, 101.04) is Arrival.OLD
    assert freshness.offer(1.1, 101.1, 101.2) is Arrival.FUTURE
    assert freshness.offer(1.1, 101.1, math.nan) is Arrival.FUTURE
    assert freshness.silence(1.1) > 0.09


def test_any_stamp_is_new_after_the_clock_has_jumped():
    freshness = Freshness(max_age=0.05)
    freshness.offer(1.0, 101.0, 101.0)
    freshness.forget_stamps()
    assert freshness.offer(1.01, 5.0, 5.0) is Arrival.FRESH


@given(st.lists(st.tuples(st.floats(), st.floats())))
def test_the_fresh_stamp_only_grows(offers):
    freshness = Freshness(max_age=0.05)
    for now, stamp in offers:
        before = freshness.stamp
        arrival = freshness.offer(0.0, now, stamp)
        assert freshness.stamp >= before
        assert (freshness.stamp > before) == (arrival is Arrival.FRESH)
