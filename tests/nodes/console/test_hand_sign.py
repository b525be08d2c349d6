"""What a browser tells of the hand: read, clipped and scaled, or refused."""

import json

import pytest

from untether_hardware.franka.state import GripperCommand
from untether_nodes.console.hand_sign import ANGULAR_SPEED, LINEAR_SPEED, read_sign


def sign(**changes):
    still = {"linear": [0, 0, 0], "angular": [0, 0, 0], "gripper": 0}
    return {"sequence": 7, "answers": 12.5, "held": True} | still | changes


def test_signs_are_clipped_and_scaled():
    text = json.dumps(sign(linear=[0.5, -9, 0], angular=[0, 0, 1], gripper=-1))
    read = read_sign(text)
    assert (read.sequence, read.answers) == (7, 12.5)
    assert read.twist.linear == pytest.approx([0.5 * LINEAR_SPEED, -LINEAR_SPEED, 0.0])
    assert read.twist.angular == pytest.approx([0.0, 0.0, ANGULAR_SPEED])
    assert read.twist.gripper is GripperCommand.CLOSE


def test_a_hand_that_is_off_wants_nothing():
    read = read_sign(json.dumps(sign(held=False, linear=[1, 0, 0])))
    assert read.twist is None
    assert read.sequence == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        "[" * 100_000,
        json.dumps(sign(held=1)),
        json.dumps(sign(linear=[0, 0])),
        json.dumps(sign(linear=[[0], [0], [0]])),
        json.dumps(sign(linear=[0, [0], 0])),
        json.dumps(sign(angular="abc")),
        json.dumps(sign(linear=[0, 0, float("nan")])),
        json.dumps(sign(linear=[0, 0, float("inf")])),
        json.dumps(sign(gripper=None)),
        json.dumps(sign(gripper=2)),
        json.dumps(sign(gripper=1e400)),
        json.dumps(sign(sequence=None)),
        json.dumps(sign(sequence=1e400)),
        json.dumps(sign(answers="soon")),
        json.dumps(sign(answers=float("nan"))),
        json.dumps({"held": True}),
    ],
)
def test_what_is_malformed_is_no_sign(text):
    assert read_sign(text) is None
