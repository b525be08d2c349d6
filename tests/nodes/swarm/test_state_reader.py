"""States as arrays, whatever the messages hold."""

import numpy as np
import pytest

from untether_nodes.swarm.state_reader import SwarmStateReader

NAMES = ("cf1", "cf2", "cf3")


def test_rows_are_matched_by_name(rows):
    reader = SwarmStateReader(NAMES)
    state = reader.read(rows.states(["cf3", "stranger", "cf1", "cf2", "cf1"]))
    assert state.position[:, 0].tolist() == [2.0, 3.0, 0.0]
    assert reader.known.all()
    state = reader.read(rows.states(["cf1", "cf2", "cf3"]))
    assert state.position[:, 0].tolist() == [0.0, 1.0, 2.0]


def test_who_is_not_told_of_stays_where_it_was_at_rest(rows):
    reader = SwarmStateReader(NAMES)
    reader.read(rows.states(NAMES, linear_velocity=[1.0] * 9))
    state = reader.read(rows.states(["cf1", "cf3"], linear_velocity=[1.0] * 6))
    assert reader.known.tolist() == [True, False, True]
    assert state.position[:, 0].tolist() == [0.0, 1.0, 1.0]
    assert state.linear_velocity[:, 0].tolist() == [1.0, 0.0, 1.0]


def test_numbers_that_are_none_are_left_out(rows):
    reader = SwarmStateReader(NAMES)
    reader.read(rows.states(NAMES))
    broken = [0.0, 0.0, 0.0, 5.0, np.nan, 0.0, 2.0, 0.0, 0.0]
    state = reader.read(rows.states(NAMES, position=broken))
    assert reader.known.tolist() == [True, False, True]
    assert state.position[:, 0].tolist() == [0.0, 1.0, 2.0]
    assert np.isfinite(state.position).all()


def test_who_has_never_been_known_is_far_away(rows):
    state = SwarmStateReader(NAMES).read(rows.states(["cf1"]))
    apart = np.linalg.norm(state.position[1:] - state.position[0], axis=1)
    assert apart.min() >= 10.0
    np.testing.assert_array_equal(state.orientation[:, 3], 1.0)


def test_a_message_whose_numbers_do_not_fit_is_refused(rows):
    with pytest.raises(ValueError, match=r"states: expected 9, 12, 9, 9 numbers for 3 drones"):
        SwarmStateReader(NAMES).read(rows.states(NAMES, position=[0.0] * 6))
