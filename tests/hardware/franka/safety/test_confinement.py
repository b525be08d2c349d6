"""Setpoints stay in the workspace; a tool that is outside comes back without a leap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from untether_hardware.franka.pose import Pose, find_rotation_vector, make_rotation
from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.franka.safety.confinement import Confinement
from untether_hardware.franka.workspace import POINTING_DOWN, Workspace

CONFIG = ArmSafetyConfig()
BOX = Workspace((0.4, -0.1, 0.04), (0.6, 0.1, 0.2), (0.1, 0.1, 0.5))
LOWER, UPPER = np.array(BOX.lower), np.array(BOX.upper)


def down(position, tilt=(0.0, 0.0, 0.0)):
    return Pose(np.array(position, float), POINTING_DOWN @ make_rotation(tilt))


def vectors(largest):
    return st.tuples(*[st.floats(-largest, largest)] * 3)


def clip(tool, translation=(0.0, 0.0, 0.0), turn=(0.0, 0.0, 0.0)):
    return Confinement(CONFIG, BOX).clip(tool, tool.move(translation, turn))


@given(vectors(0.08), vectors(0.09), vectors(0.02), vectors(0.05))
def test_within_it_is_the_clip_that_policies_are_trained_with(offset, tilt, translation, turn):
    tool = down(np.clip(np.array((0.5, 0.0, 0.12)) + offset, LOWER, UPPER), tilt)
    wanted, got = BOX.clip(tool.move(translation, turn)), clip(tool, translation, turn)
    assert (got.position == wanted.position).all()
    assert got.rotation == pytest.approx(wanted.rotation, abs=1e-12)


def test_a_tool_outside_is_drawn_back_slowly():
    got = clip(down((0.5, 0.0, 0.49), (0.0, 0.0, 1.5)))
    assert got.position == pytest.approx((0.5, 0.0, 0.49 - CONFIG.return_speed * CONFIG.period))
    tilt = find_rotation_vector(POINTING_DOWN.T @ got.rotation)
    assert tilt == pytest.approx((0.0, 0.0, 1.5 - CONFIG.angular_return_speed * CONFIG.period))


def test_a_tool_outside_may_be_brought_back_faster_but_not_further_out():
    tool = down((0.5, 0.0, 0.49))
    inwards, outwards = (0.0, 0.0, 0.03), (0.0, 0.0, -0.03)  # the tool's z axis points down
    assert clip(tool, inwards).position[2] == pytest.approx(0.46)
    assert clip(tool, outwards).position[2] < 0.49


def test_coming_back_and_moving_on_together_are_no_faster_than_allowed():
    largest = CONFIG.linear_speed * CONFIG.period
    tool = down((0.45, 0.3, 0.49))
    lead = clip(tool, (largest, 0.0, 0.0)).position - tool.position
    assert np.linalg.norm(lead) <= largest + 1e-9


def test_a_tool_that_points_backwards_is_not_swung_round():
    tool = down((0.5, 0.0, 0.1), (0.0, 0.0, 3.1))  # half a turn is near, where the sign changes
    got = clip(tool, turn=(0.0, 0.0, 0.06))
    angle = np.linalg.norm(find_rotation_vector(tool.rotation.T @ got.rotation))
    assert angle <= CONFIG.angular_speed * CONFIG.period + 1e-6


@settings(max_examples=300, deadline=None)
@given(vectors(2.0), vectors(3.0), vectors(0.026), vectors(0.06))
def test_wherever_the_tool_is_the_setpoint_is_near_and_no_further_out(
    position, tilt, translation, turn
):
    tool = down(position, tilt)
    got = clip(tool, translation, turn)
    lead = got.position - tool.position
    assert np.linalg.norm(lead) <= CONFIG.linear_speed * CONFIG.period + 1e-9
    angle = np.linalg.norm(find_rotation_vector(tool.rotation.T @ got.rotation))
    assert angle <= CONFIG.angular_speed * CONFIG.period + 1e-6
    assert (got.position >= np.minimum(LOWER, tool.position) - 1e-12).all()
    assert (got.position <= np.maximum(UPPER, tool.position) + 1e-12).all()
