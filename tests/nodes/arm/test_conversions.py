"""Messages of the arm and its own types say the same."""

import numpy as np
import pytest
from sensor_msgs.msg import Image
from untether_interfaces.msg import ArmCommand, ArmSetpoint
from untether_interfaces.msg import ArmState as ArmStateMessage

from untether_hardware.franka.description import FR3
from untether_hardware.franka.pose import Pose, make_rotation
from untether_hardware.franka.state import ArmState, GripperCommand
from untether_hardware.franka.twist import ToolTwist
from untether_nodes.arm.conversions import (
    read_pose,
    to_arm_state,
    to_picture,
    to_tool_twist,
    write_arm_state,
    write_picture,
    write_setpoint,
    write_tool_twist,
)
from untether_nodes.conversions import write_seconds


@pytest.fixture
def state():
    generator = np.random.default_rng(2)
    return ArmState(
        stamp=12.5,
        joint_position=generator.normal(size=7),
        joint_velocity=generator.normal(size=7),
        joint_torque=generator.normal(size=7),
        pose=Pose(generator.normal(size=3), make_rotation(generator.normal(size=3))),
        linear_velocity=generator.normal(size=3),
        angular_velocity=generator.normal(size=3),
        force=generator.normal(size=3),
        torque=generator.normal(size=3),
        gripper_width=0.03,
    )


def write(state):
    message = ArmStateMessage()
    write_arm_state(state, FR3, message)
    write_seconds(state.stamp, message.header.stamp)
    return message


def test_a_state_comes_back_equal_whatever_the_order_of_its_joints(state):
    message = write(state)
    order = [3, 1, 6, 0, 5, 2, 4]
    message.names = [message.names[i] for i in order]
    for name in ("joint_position", "joint_velocity", "joint_torque"):
        setattr(message, name, [getattr(message, name)[i] for i in order])
    back = to_arm_state(message, FR3)
    for name in state.__slots__:
        if name != "pose":
            np.testing.assert_allclose(getattr(back, name), getattr(state, name), err_msg=name)
    np.testing.assert_allclose(back.pose.position, state.pose.position)
    np.testing.assert_allclose(back.pose.rotation, state.pose.rotation, atol=1e-12)


def test_a_state_that_does_not_fit_is_none(state):
    other = write(state)
    other.names = [f"other{number}" for number in range(7)]
    short = write(state)
    short.joint_velocity = [0.0] * 6
    turned = write(state)
    turned.tool_pose.orientation.w = float("nan")
    for message in (other, short, turned, ArmStateMessage()):
        assert to_arm_state(message, FR3) is None


def test_a_twist_comes_back_equal():
    twist = ToolTwist(np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0]), GripperCommand.CLOSE)
    message = ArmCommand()
    write_tool_twist(twist, message)
    back = to_tool_twist(message)
    assert back.linear.tolist() == twist.linear.tolist()
    assert back.angular.tolist() == twist.angular.tolist()
    assert back.gripper is GripperCommand.CLOSE
    message.gripper = 7
    assert to_tool_twist(message).gripper is GripperCommand.STAY


def test_a_setpoint_keeps_pose_and_gripper(state):
    message = ArmSetpoint()
    twist = ToolTwist(np.zeros(3), np.zeros(3), GripperCommand.OPEN)
    write_setpoint(state.pose, twist, message)
    back = read_pose(message.pose)
    np.testing.assert_allclose(back.position, state.pose.position)
    np.testing.assert_allclose(back.rotation, state.pose.rotation, atol=1e-12)
    assert message.gripper == GripperCommand.OPEN


def test_a_picture_comes_back_equal_and_others_are_none():
    picture = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    message = Image()
    write_picture(picture, "wrist", message)
    assert np.array_equal(to_picture(message), picture)
    message.encoding = "bgr8"
    assert to_picture(message) is None
    message.encoding, message.height = "rgb8", 5
    assert to_picture(message) is None
    assert to_picture(Image()) is None
