from itertools import pairwise
from math import dist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_nodes.tour import VOLUME_LOWER, VOLUME_UPPER, random_tour


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_waypoints_lie_in_the_volume_and_apart(seed, count):
    tour = random_tour(count, seed)
    assert len(tour) == count
    for waypoint in tour:
        limits = zip(VOLUME_LOWER, waypoint, VOLUME_UPPER, strict=True)
        assert all(low <= value <= high for low, value, high in limits)
    assert all(dist(a, b) >= 0.6 for a, b in pairwise(tour))


def test_a_longer_tour_of_the_same_seed_begins_alike():
    assert random_tour(20, 7)[:5] == random_tour(5, 7)
    assert random_tour(5, 7) != random_tour(5, 8)


def test_a_box_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="least leg"):
        random_tour(3, 0, lower=(0.0, 0.0, 0.0), upper=(0.1, 0.1, 0.1))
