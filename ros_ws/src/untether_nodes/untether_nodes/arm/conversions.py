"""Messages of an arm to its own types and back."""

import numpy as np
from geometry_msgs.msg import Point, Pose, Quaternion, Twist, Vector3
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from untether_interfaces.msg import ArmCommand, ArmSetpoint
from untether_interfaces.msg import ArmState as ArmStateMessage

from untether_hardware.franka.description import ArmDescription
from untether_hardware.franka.pose import Floats
from untether_hardware.franka.pose import Pose as ToolPose
from untether_hardware.franka.state import ArmState, GripperCommand
from untether_hardware.franka.twist import ToolTwist
from untether_nodes.conversions import BODY, to_seconds

TOOL = "tool"

_ENCODING = "rgb8"


def to_arm_state(message: ArmStateMessage, description: ArmDescription) -> ArmState | None:
    """Return what an arm tells, joints in the description's order; None when others are named.

    Args:
        message: The message.
        description: The arm.
    """
    names = list(message.names)
    try:
        order = [names.index(name) for name in description.joint_names]
        joints = [
            np.array(values, dtype=float)[order]
            for values in (message.joint_position, message.joint_velocity, message.joint_torque)
        ]
        pose = read_pose(message.tool_pose)
    except (ValueError, IndexError):
        return None
    return ArmState(
        stamp=to_seconds(message.header.stamp),
        joint_position=joints[0],
        joint_velocity=joints[1],
        joint_torque=joints[2],
        pose=pose,
        linear_velocity=_read(message.tool_twist.linear),
        angular_velocity=_read(message.tool_twist.angular),
        force=_read(message.tool_wrench.force),
        torque=_read(message.tool_wrench.torque),
        gripper_width=message.gripper_width,
    )


def write_arm_state(state: ArmState, description: ArmDescription, message: ArmStateMessage) -> None:
    """Write what an arm tells into a message, all but its stamp."""
    message.header.frame_id = BODY
    message.names = list(description.joint_names)
    message.joint_position = state.joint_position.tolist()
    message.joint_velocity = state.joint_velocity.tolist()
    message.joint_torque = state.joint_torque.tolist()
    _write_pose(state.pose, message.tool_pose)
    _write(state.linear_velocity, message.tool_twist.linear)
    _write(state.angular_velocity, message.tool_twist.angular)
    _write(state.force, message.tool_wrench.force)
    _write(state.torque, message.tool_wrench.torque)
    message.gripper_width = state.gripper_width


def to_tool_twist(message: ArmCommand | ArmSetpoint) -> ToolTwist:
    """Return what is wanted of the tool; what the gripper cannot do counts as to go on."""
    twist = message.twist
    return ToolTwist(_read(twist.linear), _read(twist.angular), to_gripper(message.gripper))


def write_tool_twist(twist: ToolTwist, message: ArmCommand) -> None:
    """Write what is wanted into a message, all but its stamp, sequence and source."""
    message.header.frame_id = TOOL
    _write_twist(twist, message.twist)
    message.gripper = int(twist.gripper)


def write_setpoint(pose: ToolPose, twist: ToolTwist, message: ArmSetpoint) -> None:
    """Write a setpoint into a message, all but its stamp, sequence and source."""
    message.header.frame_id = BODY
    _write_pose(pose, message.pose)
    _write_twist(twist, message.twist)
    message.gripper = int(twist.gripper)


def read_pose(message: Pose) -> ToolPose:
    """Return a pose.

    Raises:
        ValueError: When a number is not finite, or the quaternion is zero.
    """
    place, turn = message.position, message.orientation
    return ToolPose.from_quaternion((place.x, place.y, place.z), (turn.x, turn.y, turn.z, turn.w))


def to_gripper(value: int) -> GripperCommand:
    """Return where the gripper is to go; an unknown number counts as to go on."""
    known = [command for command in GripperCommand if command == value]
    return known[0] if known else GripperCommand.STAY


def to_picture(message: Image) -> NDArray[np.uint8] | None:
    """Return a picture, (height, width, 3); None when it is of another encoding or size."""
    size = message.height * message.width * 3
    if message.encoding != _ENCODING or len(message.data) != size or not size:
        return None
    return np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)


def write_picture(picture: NDArray[np.uint8], camera: str, message: Image) -> None:
    """Write a picture, (height, width, 3), into a message, all but its stamp."""
    message.header.frame_id = camera
    message.height, message.width = picture.shape[:2]
    message.encoding, message.step = _ENCODING, 3 * message.width
    message.data = picture.tobytes()


def _read(vector: Vector3) -> Floats:
    return np.array((vector.x, vector.y, vector.z))


def _write(values: Floats, vector: Vector3 | Point) -> None:
    vector.x, vector.y, vector.z = values.tolist()


def _write_pose(pose: ToolPose, message: Pose) -> None:
    _write(pose.position, message.position)
    turn: Quaternion = message.orientation
    turn.x, turn.y, turn.z, turn.w = pose.quaternion.tolist()


def _write_twist(twist: ToolTwist, message: Twist) -> None:
    _write(twist.linear, message.linear)
    _write(twist.angular, message.angular)
