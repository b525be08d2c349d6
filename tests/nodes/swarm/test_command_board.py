"""The simulated drones take commands by name, from as many messages as hold them."""

import numpy as np
import pytest

from untether_nodes.swarm.command_board import CommandBoard

NAMES = ("cf1", "cf2", "cf3")
ROTORS = ("m1", "m2", "m3", "m4")


@pytest.fixture
def board():
    made = CommandBoard(NAMES, ROTORS)
    made.expect()
    return made


def row(drone):
    return [0.01 * drone + 0.1 * rotor for rotor in range(4)]


def test_rows_in_several_messages_answer_together(board):
    assert not board.receive(0.0, ["cf3", "cf1"], list(ROTORS), row(3) + row(1), answers=True)
    assert not board.receive(0.0, ["cf3"], list(ROTORS), row(3), answers=True)
    assert board.receive(0.0, ["cf2"], list(ROTORS), row(2), answers=True)
    assert board.thrust.tolist() == [row(1), row(2), row(3)]
    assert not board.receive(0.0, list(NAMES), list(ROTORS), [0.0] * 12, answers=True)


def test_answers_to_older_states_count_as_commands_only(board):
    values = row(1) + row(2) + row(3)
    assert not board.receive(0.0, list(NAMES), list(ROTORS), values, answers=False)
    assert board.thrust[0].tolist() == row(1)
    assert board.receive(0.0, list(NAMES), list(ROTORS), values, answers=True)


def test_elements_are_matched_by_name(board):
    board.receive(0.0, ["cf2"], ["m4", "m3", "m2", "m1"], row(2)[::-1], answers=True)
    assert board.thrust.tolist() == [[0.0] * 4, row(2), [0.0] * 4]


@pytest.mark.parametrize(
    ("drones", "names", "count", "ignored"),
    [
        (["cf9", "cf2"], ROTORS, 8, 1),
        (["cf2", "cf2"], ROTORS, 8, 1),
        (["cf2"], ROTORS, 7, 1),
        (["cf2"], ("m1", "m2", "m3", "m5"), 4, 1),
        (["cf2"], ("m1", "m1", "m3", "m4"), 4, 1),
        (["cf2"], (), 0, 1),
        ([], ROTORS, 0, 0),
    ],
)
def test_what_fits_no_drone_is_counted(board, drones, names, count, ignored):
    for _ in range(2):
        board.receive(0.0, drones, list(names), range(count), answers=True)
    assert board.ignored == 2 * ignored
    assert not board.thrust[[0, 2]].any()


def test_of_two_rows_for_a_drone_the_first_counts(board):
    board.receive(0.0, ["cf2", "cf2"], list(ROTORS), row(2) + row(3), answers=True)
    assert board.thrust[1].tolist() == row(2)


def test_drones_that_are_told_nothing_stop_their_rotors(board):
    board.receive(1.0, list(NAMES), list(ROTORS), [0.1] * 12, answers=True)
    board.receive(1.4, ["cf2"], list(ROTORS), [0.2] * 4, answers=True)
    board.expire(1.5, 0.5)
    assert board.thrust.any(axis=1).all()
    board.expire(1.6, 0.5)
    assert board.thrust.any(axis=1).tolist() == [False, True, False]
    board.receive(1.7, ["cf2"], list(ROTORS), [0.0] * 4, answers=True)
    assert np.array_equal(board.driven_at, [1.0, 1.4, 1.0])
