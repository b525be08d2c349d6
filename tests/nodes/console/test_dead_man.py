"""A hand commands only while it is known to be on the device."""

import numpy as np

from untether_hardware.franka.twist import ToolTwist
from untether_nodes.console.dead_man import LONGEST_SILENCE, DeadMan

TWIST = ToolTwist(np.ones(3), np.zeros(3))


def test_silence_ends_it_and_leaves_nothing_standing():
    hand = DeadMan()
    assert hand.find(0.0) is None
    assert hand.hold("a", TWIST, 10.0)
    assert hand.find(10.0 + LONGEST_SILENCE) is TWIST
    assert hand.find(10.01 + LONGEST_SILENCE) is None
    assert hand.find(10.0) is None  # it does not come back by itself


def test_release_ends_it_at_once_but_only_that_of_who_holds():
    hand = DeadMan()
    hand.hold("a", TWIST, 0.0)
    hand.release("b")
    assert hand.find(0.01) is TWIST
    hand.release("a")
    assert hand.find(0.01) is None


def test_one_hand_at_a_time():
    hand = DeadMan()
    hand.hold("a", TWIST, 0.0)
    assert not hand.hold("b", TWIST, 0.05)
    assert hand.hold("b", TWIST, 1.0)
    hand.release("a")
    assert hand.find(1.0) is TWIST


def test_after_silence_a_hand_has_to_be_off_before_it_holds_again():
    hand = DeadMan()
    hand.hold("a", TWIST, 0.0)
    assert hand.find(1.0) is None
    assert hand.refuses("a")
    assert not hand.hold("a", TWIST, 1.0)
    assert hand.find(1.0) is None
    hand.release("a")
    assert hand.hold("a", TWIST, 1.1)


def test_silence_that_nobody_looked_at_counts_too():
    hand = DeadMan()
    hand.hold("a", TWIST, 0.0)
    assert not hand.hold("a", TWIST, 1.0)
    assert hand.find(1.0) is None


def test_what_was_ended_takes_nothing_over_until_it_was_off():
    hand = DeadMan()
    hand.hold("a", TWIST, 0.0)
    hand.end()
    assert hand.find(0.0) is None
    assert not hand.hold("a", TWIST, 0.05)
    assert hand.hold("b", TWIST, 0.05)  # another hand may
    hand.release("a")
    assert hand.find(0.1) is TWIST


def test_to_end_nothing_refuses_nobody():
    hand = DeadMan()
    hand.hold("a", TWIST, 0.0)
    hand.release("a")
    hand.end()
    assert hand.hold("a", TWIST, 0.1)
