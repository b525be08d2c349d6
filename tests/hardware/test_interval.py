"""The Wilson interval against published and independently computed values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.interval import wilson_interval


@pytest.mark.parametrize(
    ("successes", "trials", "lower", "upper"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # By hand: n / (n + z^2) at all successes.
        (200, 200, 200 / (200 + 1.959964**2), 1.0),
        (20, 20, 20 / (20 + 1.959964**2), 1.0),
    ],
)
def test_known_intervals(successes, trials, lower, upper):
    assert wilson_interval(successes, trials) == pytest.approx((lower, upper), abs=5e-5)


@given(st.integers(1, 5000), st.floats(0.0, 1.0))
def test_interval_holds_the_rate_and_is_mirrored(trials, share):
    successes = round(share * trials)
    lower, upper = wilson_interval(successes, trials)
    assert 0.0 <= lower <= successes / trials <= upper <= 1.0
    mirrored = wilson_interval(trials - successes, trials)
    assert mirrored == pytest.approx((1.0 - upper, 1.0 - lower), abs=1e-12)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(successes, trials):
    with pytest.raises(ValueError, match="expected 0 <= successes <= trials"):
        wilson_interval(successes, trials)
