import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.franka.pose import Pose, find_rotation_vector, make_rotation
from untether_hardware.franka.workspace import POINTING_DOWN, Workspace

coordinate = st.floats(-3.0, 3.0)
poses = st.builds(
    lambda place, turn: Pose(np.array(place), make_rotation(turn)),
    st.tuples(coordinate, coordinate, coordinate),
    st.tuples(coordinate, coordinate, coordinate),
)


@given(poses)
def test_clipped_pose_is_inside_and_clipping_again_changes_nothing(pose):
    box = Workspace()
    clipped = box.clip(pose)
    assert (clipped.position >= box.lower).all()
    assert (clipped.position <= box.upper).all()
    tilt = find_rotation_vector(POINTING_DOWN.T @ clipped.rotation)
    assert (np.abs(tilt) <= np.array(box.max_tilt) + 1e-9).all()
    again = box.clip(clipped)
    assert again.rotation == pytest.approx(clipped.rotation, abs=1e-8)


def test_pose_inside_stays_as_it_is():
    pose = Pose(np.array([0.5, 0.1, 0.2]), POINTING_DOWN @ make_rotation((0.1, -0.2, 0.3)))
    clipped = Workspace().clip(pose)
    assert (clipped.position == pose.position).all()
    assert clipped.rotation is pose.rotation


def test_empty_box_is_refused():
    with pytest.raises(ValueError, match=r"expected lower <= upper.*Fix: swap"):
        Workspace(lower=(0.6, 0.0, 0.0), upper=(0.5, 0.1, 0.1))
