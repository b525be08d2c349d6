import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.crazyflie.camera import Camera


def test_point_looked_at_is_in_the_middle():
    camera = Camera(640, 480, look_at=(1.0, 2.0, 3.0), distance=4.0)
    assert camera.project((1.0, 2.0, 3.0)) == pytest.approx([320, 240, 4.0])


def test_up_is_up_and_left_is_left():
    camera = Camera(640, 480, distance=5.0, azimuth=0.0, elevation=0.0)  # looks along x
    left, up = camera.project([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert left[0] < 320
    assert left[1] == pytest.approx(240)
    assert up[1] < 240
    assert up[0] == pytest.approx(320)


@given(
    azimuth=st.floats(-3, 3),
    elevation=st.floats(-1.4, 0.2),
    seed=st.integers(0, 1000),
)
def test_frame_holds_all_points_and_fills_the_picture(azimuth, elevation, seed):
    points = np.random.default_rng(seed).uniform((-2, -1, 0), (1, 3, 2), (30, 3))
    camera = Camera(640, 480, azimuth=azimuth, elevation=elevation).frame(points, margin=0.1)
    seen = camera.project(points)
    assert seen[:, 2].min() > 0
    low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
    assert (low >= [64 - 1e-6, 48 - 1e-6]).all()
    assert (high <= [576 + 1e-6, 432 + 1e-6]).all()
    room = (high - low) / [512, 384]
    assert room.max() == pytest.approx(1.0, abs=1e-6)


def test_focal_length_is_that_of_the_vertical_field_of_view():
    camera = Camera(640, 480, field_of_view=math.pi / 2)
    assert camera.focal_length == pytest.approx(240)
