"""Joints of robots whose policies users bring: motor order, names and ranges.

Names and motor order: Unitree's SDK (``JointIndex`` of Go2 and G1, the G1's "joint motor
sequence" page) and unitree_rl_lab's ``joint_sdk_names``. Ranges: Unitree's URDFs (go1.urdf,
go2.urdf, g1_29dof_rev_1_0.urdf of unitree_ros), equal to the MuJoCo models that mjlab and
unitree_rl_mjlab ship.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RobotJoints:
    """The joints of one robot.

    Attributes:
        names: In motor order: the index of a name is the index in LowCmd and LowState.
        ranges: Least and greatest angle of each joint [rad].
    """

    names: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float]]


def _quadruped(
    hip: tuple[float, float],
    front_thigh: tuple[float, float],
    rear_thigh: tuple[float, float],
    calf: tuple[float, float],
) -> RobotJoints:
    """Return twelve joints, whose motors go FR, FL, RR, RL, each hip, thigh, calf."""
    ranges = {
        f"{leg}_{joint}_joint": limits
        for leg in ("FR", "FL", "RR", "RL")
        for joint, limits in (
            ("hip", hip),
            ("thigh", front_thigh if leg[0] == "F" else rear_thigh),
            ("calf", calf),
        )
    }
    return RobotJoints(tuple(ranges), ranges)


def _mirror(limits: tuple[float, float]) -> tuple[float, float]:
    """Return the range of the other side's joint about a roll or yaw axis."""
    return (-limits[1], -limits[0])


_G1_LEG = {
    "hip_pitch": (-2.5307, 2.8798),
    "hip_roll": (-0.5236, 2.9671),
    "hip_yaw": (-2.7576, 2.7576),
    "knee": (-0.087267, 2.8798),
    "ankle_pitch": (-0.87267, 0.5236),
    "ankle_roll": (-0.2618, 0.2618),
}
_G1_WAIST = {
    "waist_yaw": (-2.618, 2.618),
    "waist_roll": (-0.52, 0.52),
    "waist_pitch": (-0.52, 0.52),
}
_G1_ARM = {
    "shoulder_pitch": (-3.0892, 2.6704),
    "shoulder_roll": (-1.5882, 2.2515),
    "shoulder_yaw": (-2.618, 2.618),
    "elbow": (-1.0472, 2.0944),
    "wrist_roll": (-1.972222054, 1.972222054),
    "wrist_pitch": (-1.614429558, 1.614429558),
    "wrist_yaw": (-1.614429558, 1.614429558),
}


def _g1() -> RobotJoints:
    """Return the 29 joints of the G1; the model with 23 uses the same motor numbers."""
    ranges: dict[str, tuple[float, float]] = {}
    for limb in (_G1_LEG, _G1_WAIST, _G1_ARM):
        for side in ("",) if limb is _G1_WAIST else ("left_", "right_"):
            for joint, limits in limb.items():
                mirrored = side == "right_" and "roll" in joint
                ranges[f"{side}{joint}_joint"] = _mirror(limits) if mirrored else limits
    return RobotJoints(tuple(ranges), ranges)


ROBOTS: Mapping[str, RobotJoints] = {
    "go1": _quadruped((-0.863, 0.863), (-0.686, 4.501), (-0.686, 4.501), (-2.818, -0.888)),
    "go2": _quadruped((-1.0472, 1.0472), (-1.5708, 3.4907), (-0.5236, 4.5379), (-2.7227, -0.83776)),
    "g1": _g1(),
}
