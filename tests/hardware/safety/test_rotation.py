import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.safety.rotation import difference, rotate, rotate_back, turn, up_axis

NUMBER = st.floats(-10.0, 10.0)
VECTOR = st.tuples(NUMBER, NUMBER, NUMBER)
QUATERNION = (
    st.tuples(*[st.floats(-1.0, 1.0)] * 4)
    .filter(lambda q: sum(v * v for v in q) > 0.1)
    .map(lambda q: tuple(v / math.sqrt(sum(w * w for w in q)) for v in q))
)


@given(QUATERNION, VECTOR)
def test_rotating_back_undoes_rotating(orientation, vector):
    assert np.allclose(rotate_back(orientation, rotate(orientation, vector)), vector, atol=1e-9)


@given(QUATERNION, VECTOR)
def test_rotating_keeps_the_length(orientation, vector):
    assert math.isclose(
        np.linalg.norm(rotate(orientation, vector)), np.linalg.norm(vector), abs_tol=1e-9
    )


def test_a_quarter_turn_about_z_takes_x_to_y():
    half = math.sqrt(0.5)
    assert np.allclose(rotate((0.0, 0.0, half, half), (1.0, 0.0, 0.0)), (0.0, 1.0, 0.0))


@given(QUATERNION)
def test_the_up_axis_is_the_rotated_z(orientation):
    assert np.allclose(up_axis(orientation), rotate(orientation, (0.0, 0.0, 1.0)), atol=1e-12)


@given(QUATERNION, VECTOR)
def test_turning_there_and_back_ends_at_the_start(orientation, rotation):
    there = turn(orientation, rotation)
    back = turn(there, tuple(-value for value in rotation))
    assert np.allclose(back, orientation, atol=1e-9)


@given(QUATERNION, st.floats(0.0, 0.02))
def test_small_and_ordinary_turns_agree(orientation, angle):
    """The series for small angles and the formula meet at the angle where they change over."""
    once = turn(orientation, (angle, 0.0, 0.0))
    twice = turn(turn(orientation, (angle / 2, 0.0, 0.0)), (angle / 2, 0.0, 0.0))
    assert np.allclose(once, twice, atol=1e-9)


@given(QUATERNION, st.tuples(*[st.floats(-0.05, 0.05)] * 3))
def test_the_difference_is_the_turn_between(orientation, rotation):
    assert np.allclose(difference(orientation, turn(orientation, rotation)), rotation, atol=2e-5)


@given(QUATERNION, st.tuples(*[st.floats(-0.05, 0.05)] * 3))
def test_the_difference_ignores_the_quaternion_s_sign(orientation, rotation):
    turned = tuple(-value for value in turn(orientation, rotation))
    assert np.allclose(difference(orientation, turned), rotation, atol=2e-5)
