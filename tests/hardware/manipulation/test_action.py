"""Actions of a task and twists of the tool are the same thing in other units."""

import numpy as np
import pytest

from untether_hardware.franka.state import GripperCommand
from untether_hardware.manipulation.action import make_twist, scale_twist
from untether_hardware.manipulation.config import ManipulationConfig

CONFIG = ManipulationConfig(period=0.1, translation_scale=0.02, rotation_scale=0.05)


@pytest.mark.parametrize("gripper", list(GripperCommand))
def test_an_action_asks_for_the_twist_that_is_counted_as_it(gripper):
    action = np.array((0.5, -1.0, 0.25, 0.1, 0.0, -0.3, gripper), np.float32)
    twist = make_twist(action, CONFIG)
    np.testing.assert_allclose(twist.linear, (0.1, -0.2, 0.05), atol=1e-7)
    np.testing.assert_allclose(twist.angular, (0.05, 0.0, -0.15), atol=1e-7)
    assert twist.gripper is gripper
    np.testing.assert_allclose(scale_twist(twist, CONFIG), action, atol=1e-6)


def test_a_gripper_that_is_not_commanded_goes_on():
    assert make_twist(np.zeros(6, np.float32), CONFIG).gripper is GripperCommand.STAY
