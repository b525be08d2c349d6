import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.franka.pose import Pose, find_rotation_vector, make_rotation

unit = st.floats(-1.0, 1.0)
vectors = st.tuples(unit, unit, unit)
poses = st.builds(
    lambda place, turn: Pose(np.array(place), make_rotation(np.multiply(turn, 1.8))),
    vectors,
    vectors,
)


@given(vectors)
def test_rotation_vector_comes_back_from_its_matrix(vector):
    turn = 1.8 * np.array(vector)  # shorter than half a turn
    assert find_rotation_vector(make_rotation(turn)) == pytest.approx(turn, abs=1e-9)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.6, 0.0, 0.8)])
@pytest.mark.parametrize("gap", [0.0, 1e-9, 1e-7, 1e-5])
def test_half_a_turn_keeps_axis_and_angle(axis, gap):
    rotation = make_rotation((math.pi - gap) * np.array(axis, dtype=float))
    assert make_rotation(find_rotation_vector(rotation)) == pytest.approx(rotation, abs=1e-7)


@given(poses)
def test_pose_survives_the_way_through_a_quaternion(pose):
    again = Pose.from_quaternion(pose.position, 3.0 * pose.quaternion)
    assert again.rotation == pytest.approx(pose.rotation, abs=1e-9)


@given(poses, poses)
def test_inverse_gives_the_relative_pose(first, second):
    relative = first.invert() @ second
    again = first @ relative
    assert again.position == pytest.approx(second.position, abs=1e-9)
    assert again.rotation == pytest.approx(second.rotation, abs=1e-9)


def test_motion_is_stated_in_the_pose_own_frame():
    down = Pose(np.array([0.5, 0.0, 0.3]), np.diag([1.0, -1.0, -1.0]))
    moved = down.move((0.01, 0.02, 0.03), (0.0, 0.0, 0.1))
    assert moved.position == pytest.approx((0.51, -0.02, 0.27))
    assert find_rotation_vector(down.rotation.T @ moved.rotation) == pytest.approx((0, 0, 0.1))


def test_zero_quaternion_is_refused():
    with pytest.raises(ValueError, match=r"other than zero.*Fix: \(0, 0, 0, 1\)"):
        Pose.from_quaternion((0, 0, 0), (0, 0, 0, 0))
