import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.safety.clock import LoopClock


def make_clock(*times):
    clock = LoopClock(largest_step=0.03)
    for now in times:
        clock.advance(now)
    return clock


def test_ordinary_time_passes_as_it_is():
    clock = make_clock(10.0, 10.01, 10.02)
    assert clock.time == pytest.approx(0.02)
    assert clock.latest == 10.02


def test_time_in_which_the_loop_stood_still_counts_little():
    clock = make_clock(10.0)
    assert clock.advance(10.5) == pytest.approx(0.5)
    assert clock.time == pytest.approx(0.03)


def test_a_jump_back_is_told_and_time_goes_on_from_there():
    clock = make_clock(10.0, 10.01)
    assert clock.advance(4.0) == pytest.approx(-6.01)
    clock.advance(4.01)
    assert clock.time == pytest.approx(0.02)


def test_a_little_disorder_is_no_jump():
    clock = make_clock(10.0, 10.01)
    assert clock.advance(10.005) == 0.0
    assert clock.latest == 10.01


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True)))
def test_time_never_runs_back_whatever_comes(times):
    clock = LoopClock(largest_step=0.03)
    before = 0.0
    for now in times:
        clock.advance(now)
        assert before <= clock.time <= before + 0.03
        assert math.isfinite(clock.latest)
        before = clock.time
