import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.importers.reference import FrameHistory, rotate_gravity

angles = st.floats(-3.1, 3.1)


@given(angles, angles, angles)
def test_gravity_is_turned_by_the_inverse_rotation(roll, pitch, yaw):
    """Against the rotation matrix of yaw, pitch, roll, whose third row is known by heart."""
    half = np.array([roll, pitch, yaw]) / 2.0
    (cr, cp, cy), (sr, sp, sy) = np.cos(half), np.sin(half)
    orientation = np.array(
        [
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
            cr * cp * cy + sr * sp * sy,
        ]
    )
    third_row = [-np.sin(pitch), np.sin(roll) * np.cos(pitch), np.cos(roll) * np.cos(pitch)]
    assert np.allclose(rotate_gravity(orientation), -np.array(third_row), atol=1e-9)


@given(st.integers(0, 5), st.integers(1, 12))
def test_the_first_frame_fills_the_history(length, ticks):
    history = FrameHistory(length)
    for tick in range(ticks):
        frames = [int(frame[0]) for frame in history.append(np.array([float(tick)]))]
    places = max(length, 1)
    assert frames == [max(ticks - 1 - age, 0) for age in reversed(range(places))]
