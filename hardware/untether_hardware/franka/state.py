"""What an arm tells, and what its gripper is told."""

from dataclasses import dataclass
from enum import IntEnum

from untether_hardware.franka.pose import Floats, Pose


class GripperCommand(IntEnum):
    """What the gripper is to do; it goes on until the next command other than STAY."""

    CLOSE = -1
    STAY = 0
    OPEN = 1


@dataclass(frozen=True, eq=False, slots=True)
class ArmState:
    """Joints, tool and gripper, as the arm's interface tells.

    Attributes:
        stamp: Time since the last reset [s].
        joint_position: (7,) [rad].
        joint_velocity: (7,) [rad/s].
        joint_torque: What the motors were told last, (7,) [N m].
        pose: Of the tool, in the base's frame.
        linear_velocity: Of the tool, (3,) [m/s] base.
        angular_velocity: Of the tool, (3,) [rad/s] base.
        force: What the surroundings exert on the tool, estimated from joint torques and low-passed,
            (3,) [N] base.
        torque: The same about the tool frame's origin, (3,) [N m] base.
        gripper_width: Opening between the fingertips [m].
    """

    stamp: float
    joint_position: Floats
    joint_velocity: Floats
    joint_torque: Floats
    pose: Pose
    linear_velocity: Floats
    angular_velocity: Floats
    force: Floats
    torque: Floats
    gripper_width: float
