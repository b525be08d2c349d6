import numpy as np
import pytest

from untether_hardware.franka.cameras import CameraRenderer
from untether_hardware.franka.model import build_arm
from untether_hardware.franka.pose import Pose
from untether_hardware.franka.scene import add_free_box, add_table
from untether_hardware.franka.simulated_arm import SimulatedArm
from untether_hardware.franka.workspace import POINTING_DOWN


@pytest.fixture(scope="module")
def arm():
    spec = build_arm()
    add_table(spec)
    add_free_box(spec, "cube", (0.02, 0.02, 0.02), mass=0.1, color=(1.0, 0.0, 0.0, 1.0))
    return SimulatedArm(spec.compile())


def count_red(picture):
    red, green, blue = np.moveaxis(picture.astype(int), -1, 0)
    return int(((red > 60) & (green < 0.3 * red) & (blue < 0.3 * red)).sum())


def test_both_cameras_see_the_cube_that_is_to_be_grasped(arm):
    arm.reset_to_pose(Pose(np.array([0.5, 0.0, 0.1]), POINTING_DOWN))
    with CameraRenderer(arm.model) as renderer:
        for name in ("wrist", "front"):
            picture = renderer.render(arm.data, name)
            assert picture.shape == (128, 128, 3)
            assert picture.dtype == np.uint8
            assert count_red(picture) > 50, name


def test_front_camera_shows_y_to_the_right_and_z_upwards(arm):
    arm.reset_to_pose(Pose(np.array([0.4, 0.0, 0.4]), POINTING_DOWN))

    def locate(y, z):
        arm.data.joint("cube").qpos[:3] = (0.5, y, z)
        arm.step(0.001)
        red = renderer.render(arm.data, "front")[..., 0].astype(int)
        red -= renderer.render(arm.data, "front")[..., 1].astype(int)
        rows, columns = np.nonzero(red > 60)
        return rows.mean(), columns.mean()

    with CameraRenderer(arm.model) as renderer:
        row, column = locate(0.0, 0.05)
        assert locate(0.1, 0.05)[1] > column + 10
        assert locate(0.0, 0.15)[0] < row - 10


def test_unknown_camera_is_refused(arm):
    with CameraRenderer(arm.model) as renderer, pytest.raises(KeyError, match="behind"):
        renderer.render(arm.data, "behind")
