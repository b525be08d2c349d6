import pytest

from untether_policies.importers.robots import ROBOTS

# unitree_sdk2, JointIndex of the Go2 and of the G1.
GO2_MOTORS = {"FR_hip": 0, "FR_calf": 2, "FL_hip": 3, "RR_hip": 6, "RR_thigh": 7, "RL_calf": 11}
G1_MOTORS = {
    "left_hip_pitch": 0, "left_hip_roll": 1, "left_hip_yaw": 2, "left_knee": 3,
    "left_ankle_pitch": 4, "left_ankle_roll": 5, "right_hip_pitch": 6, "right_ankle_roll": 11,
    "waist_yaw": 12, "waist_roll": 13, "waist_pitch": 14, "left_shoulder_pitch": 15,
    "left_elbow": 18, "left_wrist_yaw": 21, "right_shoulder_pitch": 22, "right_elbow": 25,
    "right_wrist_yaw": 28,
}  # fmt: skip


@pytest.mark.parametrize(("robot", "motors"), [("go2", GO2_MOTORS), ("g1", G1_MOTORS)])
def test_motor_numbers_are_those_of_the_sdk(robot, motors):
    for joint, motor in motors.items():
        assert ROBOTS[robot].names[motor] == f"{joint}_joint"


@pytest.mark.parametrize(("robot", "count"), [("go1", 12), ("go2", 12), ("g1", 29)])
def test_every_joint_has_a_name_and_a_range(robot, count):
    joints = ROBOTS[robot]
    assert len(joints.names) == len(set(joints.names)) == count
    assert set(joints.ranges) == set(joints.names)
    assert all(lower < upper for lower, upper in joints.ranges.values())


@pytest.mark.parametrize(
    ("robot", "joint", "limits"),
    [
        # go1.urdf, go2.urdf and g1_29dof_rev_1_0.urdf of unitree_ros.
        ("go1", "RL_calf_joint", (-2.818, -0.888)),
        ("go2", "FL_thigh_joint", (-1.5708, 3.4907)),
        ("go2", "RR_thigh_joint", (-0.5236, 4.5379)),
        ("g1", "left_hip_roll_joint", (-0.5236, 2.9671)),
        ("g1", "right_hip_roll_joint", (-2.9671, 0.5236)),
        ("g1", "right_shoulder_roll_joint", (-2.2515, 1.5882)),
        ("g1", "right_hip_pitch_joint", (-2.5307, 2.8798)),
        ("g1", "waist_roll_joint", (-0.52, 0.52)),
    ],
)
def test_ranges_are_those_of_the_urdf(robot, joint, limits):
    assert ROBOTS[robot].ranges[joint] == limits
