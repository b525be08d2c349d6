import math

import numpy as np
import pytest

from untether_policies.bundle import load_bundle
from untether_policies.importers.importing import import_unitree
from untether_policies.importers.refusal import ImportRefusedError
from untether_policies.importers.source_model import load_source_model
from untether_policies.importers.supplement import Supplement, parse_supplement
from untether_policies.policy import Policy

GO2 = Supplement(robot="go2")
POSE = {"hip": 0.1, "front_thigh": 0.8, "rear_thigh": 1.0, "calf": -1.5}

# unitree_rl_lab, deploy/robots/g1: the policy's order against the motors, and its default pose.
G1_MAP = [0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 22, 4, 10, 16, 23, 5, 11, 17, 24, 18, 25, 19, 26,
          20, 27, 21, 28]  # fmt: skip
G1_POSE = [-0.1, -0.1, 0, 0, 0, 0, 0, 0, 0, 0.3, 0.3, 0.3, 0.3, -0.2, -0.2, 0.25, -0.25, 0, 0, 0, 0,
           0.97, 0.97, 0.15, -0.15, 0, 0, 0, 0]  # fmt: skip
G1_TRAINED = {
    "left_hip_pitch_joint": -0.1, "right_knee_joint": 0.3, "left_ankle_pitch_joint": -0.2,
    "left_shoulder_pitch_joint": 0.3, "left_shoulder_roll_joint": 0.25,
    "right_shoulder_roll_joint": -0.25, "right_elbow_joint": 0.97, "left_wrist_roll_joint": 0.15,
    "right_wrist_roll_joint": -0.15, "waist_yaw_joint": 0.0,
}  # fmt: skip


def import_go2(write_unitree, document, tmp_path, supplement=GO2, **sizes):
    paths = write_unitree(document, **sizes)
    return import_unitree(*paths, tmp_path / "go2-velocity", supplement)


def hold_still(policy: Policy) -> None:
    """Level, at rest, in the default pose (motor order), told to stand."""
    for buffer in policy.inputs.values():
        buffer[...] = 0.0
    policy.inputs["orientation"][0] = (0.0, 0.0, 0.0, 1.0)
    policy.inputs["joint_position"][0] = [
        -0.1, 0.8, -1.5, 0.1, 0.8, -1.5, -0.1, 1.0, -1.5, 0.1, 1.0, -1.5,
    ]  # fmt: skip


def test_the_velocity_task_becomes_a_bundle_in_motor_order(write_unitree, deploy, tmp_path):
    report = import_go2(write_unitree, deploy, tmp_path)
    contract = load_bundle(tmp_path / "go2-velocity").contract
    assert (contract.robot, contract.rate) == ("go2", 50.0)
    assert contract.input("joint_position").elements[:4] == (
        "FR_hip_joint", "FR_thigh_joint", "FR_calf_joint", "FL_hip_joint",
    )  # fmt: skip
    target = contract.output("joint_position_target")
    assert target.elements == contract.input("joint_position").elements
    assert (target.lower[1], target.upper[10]) == (-1.5708, 4.5379)
    assert report.rehearsal.worst < 1e-5
    assert not contract.envelope


def test_joints_reach_the_network_in_its_own_order(write_unitree, deploy, tmp_path):
    """FL_thigh is motor 4, and joint 4 of the policy; RR_calf is motor 8, and joint 11."""
    report = import_go2(write_unitree, deploy, tmp_path)
    policy = Policy.from_bundle(report.bundle)
    hold_still(policy)
    policy.inputs["joint_position"][0, 4] += 0.3
    policy.inputs["joint_velocity"][0, 8] = 0.7
    policy.step()
    observation = np.zeros(45, np.float32)
    observation[5] = -1.0
    observation[9 + 4] = 0.3
    observation[21 + 11] = 0.7
    action = load_source_model(tmp_path / "policy.onnx").run(observation)
    by_name = dict(
        zip(
            report.bundle.contract.output("joint_position_target").elements,
            policy.outputs["joint_position_target"][0],
            strict=True,
        )
    )
    assert by_name["FL_hip_joint"] == pytest.approx(0.25 * action[0] + 0.1, abs=1e-5)
    assert by_name["RR_thigh_joint"] == pytest.approx(0.25 * action[7] + 1.0, abs=1e-5)
    assert by_name["RR_calf_joint"] == pytest.approx(0.25 * action[11] - 1.5, abs=1e-5)


def test_gains_are_in_motor_order(write_unitree, deploy, tmp_path):
    report = import_go2(write_unitree, deploy, tmp_path)
    assert report.pipeline.action.stiffness == tuple(20.0 + motor for motor in range(12))
    assert report.pipeline.action.damping[3] == pytest.approx(0.8)


def test_the_published_g1_map_puts_every_joint_at_its_trained_angle(
    write_unitree, deploy, tmp_path
):
    action = {"clip": None, "joint_names": [".*"], "scale": [0.25] * 29, "offset": G1_POSE}
    deploy.update(
        joint_ids_map=G1_MAP,
        default_joint_pos=G1_POSE,
        stiffness=[100.0] * 29,
        damping=[2.0] * 29,
        actions={"JointPositionAction": {**action, "joint_ids": "SLICE"}},
    )
    for name in ("joint_pos_rel", "joint_vel_rel", "last_action"):
        deploy["observations"][name].update(scale=[1.0] * 29, history_length=5)
    report = import_go2(
        write_unitree, deploy, tmp_path, Supplement(robot="g1"), width=9 + 5 * 87, actions=29
    )
    joints = report.bundle.contract.input("joint_position").elements
    angles = dict(zip(joints, report.pipeline.pose, strict=True))
    assert {joint: angles[joint] for joint in G1_TRAINED} == G1_TRAINED


def test_commands_are_clamped_to_the_trained_ranges(write_unitree, deploy, tmp_path):
    report = import_go2(write_unitree, deploy, tmp_path)
    policy = Policy.from_bundle(report.bundle)
    targets = []
    for command in ((1.0, -0.4, 1.0), (9.0, -9.0, 9.0), (0.9, -0.4, 1.0)):
        policy.reset()
        hold_still(policy)
        policy.inputs["linear_velocity_command"][0] = command[:2]
        policy.inputs["angular_velocity_command"][0] = command[2:]
        policy.step()
        targets.append(policy.outputs["joint_position_target"][0].copy())
    assert np.array_equal(targets[0], targets[1])
    assert not np.array_equal(targets[0], targets[2])


def test_action_clips_are_limits_inside_the_graph(write_unitree, deploy, tmp_path):
    action = deploy["actions"]["JointPositionAction"]
    action["clip"] = [[angle - 0.01, angle + 0.02] for angle in action["offset"]]
    report = import_go2(write_unitree, deploy, tmp_path)
    targets = report.bundle.fixture.outputs["joint_position_target"] - report.pipeline.pose
    assert -0.01001 < targets.min() < -0.0099
    assert 0.0199 < targets.max() < 0.02001


def test_histories_scales_and_clips_survive_in_both_orders(write_unitree, deploy, tmp_path):
    for name, term in deploy["observations"].items():
        term.update(history_length=3, clip=[-0.5, 0.8])
        term["scale"] = [0.2 + 0.1 * index for index in range(len(term["scale"]))]
        if name == "last_action":
            term["scale"] = None
    plain = import_go2(write_unitree, deploy, tmp_path, width=135)
    assert plain.rehearsal.worst < 1e-5
    deploy["observations"] = {
        "obs": {"use_gym_history": True, "scale_first": True, **deploy["observations"]}
    }
    mixed = import_go2(write_unitree, deploy, tmp_path, width=135)
    assert mixed.rehearsal.worst < 1e-5
    assert mixed.pipeline.frames_outermost and not plain.pipeline.frames_outermost
    assert all(term.scale_first for term in mixed.pipeline.terms)


def test_joint_subsets_and_absolute_positions(write_unitree, deploy, tmp_path):
    terms = deploy["observations"]
    terms["joint_pos_rel"].update(
        params={"asset_cfg": {"name": "robot", "joint_ids": [2, 5]}}, scale=[1.0, 0.5]
    )
    terms["joint_vel_rel"].update(params={"asset_cfg": {"joint_ids": "SLICE"}}, scale=0.05)
    terms["joint_pos"] = {"params": None, "clip": None, "scale": None}
    report = import_go2(write_unitree, deploy, tmp_path, width=9 + 2 + 12 + 12 + 12)
    assert report.rehearsal.worst < 1e-5


def test_the_gait_clock_turns_once_per_period(write_unitree, deploy, tmp_path):
    deploy["observations"]["gait_phase"] = {"params": {"period": 0.8}, "clip": None, "scale": None}
    report = import_go2(write_unitree, deploy, tmp_path, width=47)
    policy = Policy.from_bundle(report.bundle)
    hold_still(policy)
    clock = []
    for _ in range(80):
        policy.step()
        clock.append(float(policy.carry["gait_phase_clock"][0, 0]))
    assert clock[0] == pytest.approx(1 / 40)
    assert abs(math.remainder(clock[39], 1.0)) < 1e-5
    assert max(clock) < 1.0 + 1e-6
    assert any("gait clock" in text for text in report.pipeline.assumptions)


def test_some_joints_may_not_be_commanded(write_unitree, deploy, tmp_path):
    deploy["actions"]["JointPositionAction"].update(
        joint_ids=[4, 0, 8], scale=[0.1, 0.2, 0.3], offset=[0.8, 0.1, -1.5]
    )
    deploy["observations"]["last_action"]["scale"] = [1.0] * 3
    report = import_go2(write_unitree, deploy, tmp_path, width=36, actions=3)
    target = report.bundle.contract.output("joint_position_target")
    assert target.elements == ("FL_hip_joint", "FL_thigh_joint", "FL_calf_joint")
    assert report.pipeline.action.stiffness == (23.0, 24.0, 25.0)
    assert report.rehearsal.worst < 1e-5


@pytest.mark.parametrize(
    "key",
    ["joint_ids_map", "step_dt", "stiffness", "damping", "default_joint_pos", "commands", "actions",
     "observations"],
)  # fmt: skip
def test_a_missing_key_is_refused(key, write_unitree, deploy, tmp_path, refused):
    del deploy[key]
    with refused(ImportRefusedError, what="deploy.yaml", expected=key):
        import_go2(write_unitree, deploy, tmp_path)
    assert not (tmp_path / "go2-velocity").exists()


def test_an_offset_is_asked_for_and_may_be_supplied(write_unitree, deploy, tmp_path, refused):
    offset = deploy["actions"]["JointPositionAction"].pop("offset")
    with refused(ImportRefusedError, expected="offset", fix="action_offset"):
        import_go2(write_unitree, deploy, tmp_path)
    supplement = parse_supplement(f"robot: go2\naction_offset: {offset}", "x")
    assert import_go2(write_unitree, deploy, tmp_path, supplement).rehearsal.worst < 1e-5


@pytest.mark.parametrize(
    ("change", "what", "got"),
    [
        (lambda d: d.update(joint_ids_map=[0] * 12), "joint_ids_map", "[0, 0"),
        (lambda d: d.update(joint_ids_map=[*range(11), 12]), "joint_ids_map", "[0, 1"),
        (lambda d: d.update(joint_ids_map=[*range(11), 1.5]), "joint_ids_map", "1.5"),
        (lambda d: d.update(joint_ids_map=[]), "joint_ids_map", "[]"),
        (lambda d: d.update(step_dt=0), "step_dt", "0"),
        (lambda d: d.update(step_dt=float("nan")), "step_dt", "nan"),
        (lambda d: d.update(default_joint_pos=[0.1] * 11), "default_joint_pos", "11"),
        (lambda d: d.update(stiffness=[20.0] * 11), "stiffness", "11 gains"),
        (lambda d: d.update(stiffness=[-1.0] * 12), "stiffness", "-1"),
        (lambda d: d.update(damping="stiff"), "damping", "stiff"),
        (lambda d: d["actions"].update(JointVelocityAction={}), "actions", "JointVelocityAction"),
        (lambda d: d["actions"]["JointPositionAction"].update(scale=[0.25] * 3), "scale", "3"),
        (lambda d: d["actions"]["JointPositionAction"].update(joint_ids=[0, 1]), "actions", "2"),
        (lambda d: d["actions"]["JointPositionAction"].update(clip=[[0, 1]]), "clip", "[[0, 1]]"),
        (lambda d: d["actions"]["JointPositionAction"].update(clip=[[1, 0]] * 12), "clip[0]", "1"),
        (lambda d: d["observations"].update(moon={"params": {}}), "moon", "moon"),
        (lambda d: d["observations"]["base_ang_vel"].update(scale=[1.0] * 2), "scale", "2"),
        (lambda d: d["observations"]["base_ang_vel"].update(clip=[1, -1]), "clip", "1.0, -1.0"),
        (lambda d: d["observations"]["base_ang_vel"].update(history_length=0), "history", "0"),
        (lambda d: d["observations"]["base_ang_vel"].update(history_length=2), "observation", "48"),
        (lambda d: d.update(observations={}), "observations", "none"),
        (lambda d: d.update(step_dt=10**400), "step_dt", "100000"),
        (lambda d: d["observations"].update(use_gym_history="yes"), "use_gym_history", "yes"),
        (lambda d: d["observations"].update(gait_phase={"params": {}}), "gait_phase", "[]"),
        (lambda d: d.update(observations={"a": {"x": {}}, "b": {"y": {}}}), "observations", "'b'"),
        (lambda d: d["commands"]["base_velocity"]["ranges"].pop("lin_vel_y"), "ranges", "lin_vel"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused(
    change, what, got, write_unitree, deploy, tmp_path, refused
):
    change(deploy)
    with refused(ImportRefusedError, what=what, got=got):
        import_go2(write_unitree, deploy, tmp_path)


def test_a_map_that_does_not_belong_to_the_pose_is_refused(
    write_unitree, deploy, tmp_path, refused
):
    """unitree_rl_mjlab's map (leg by leg) with Isaac Lab's pose (joint by joint)."""
    deploy["joint_ids_map"] = [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8]
    with refused(ImportRefusedError, what="default_joint_pos", fix="joint order"):
        import_go2(write_unitree, deploy, tmp_path)


def test_histories_of_different_lengths_cannot_be_joined_frame_by_frame(
    write_unitree, deploy, tmp_path, refused
):
    deploy["observations"]["base_ang_vel"]["history_length"] = 2
    deploy["observations"]["use_gym_history"] = True
    with refused(ImportRefusedError, what="use_gym_history", got="[1, 2]"):
        import_go2(write_unitree, deploy, tmp_path, width=48)


def describe_short_gains(deploy: dict) -> Supplement:
    """A G1 with 23 joints, whose hand-written file lists 23 gains for motors up to 26."""
    motors = [0, 6, 12, 1, 7, 15, 22, 2, 8, 16, 23, 3, 9, 17, 24, 4, 10, 18, 25, 5, 11, 19, 26]
    pose = [0.0] * 23
    deploy.update(
        joint_ids_map=motors,
        default_joint_pos=pose,
        stiffness=[float(rank) for rank in range(23)],
        damping=[1.0] * 23,
    )
    deploy["actions"]["JointPositionAction"].update(scale=0.25, offset=pose, joint_ids=None)
    for name in ("joint_pos_rel", "joint_vel_rel", "last_action"):
        deploy["observations"][name]["scale"] = [1.0] * 23
    return Supplement(robot="g1")


def test_fewer_gains_than_motors_need_an_order(write_unitree, deploy, tmp_path, refused):
    supplement = describe_short_gains(deploy)
    sizes = {"width": 9 + 69, "actions": 23}
    with refused(ImportRefusedError, what="stiffness", got="23 gains", fix="--gains-order"):
        import_go2(write_unitree, deploy, tmp_path, supplement, **sizes)
    wanted = {
        "ascending": 13.0,
        "policy": 5.0,
    }  # motor 15 is the 14th in use, joint 5 of the policy
    for order, gain in wanted.items():
        supplement = Supplement(robot="g1", gains_order=order)
        report = import_go2(write_unitree, deploy, tmp_path, supplement, **sizes)
        joints = report.bundle.contract.output("joint_stiffness").elements
        gains = dict(zip(joints, report.pipeline.action.stiffness, strict=True))
        assert gains["left_shoulder_pitch_joint"] == gain
    with refused(ImportRefusedError, what="stiffness"):
        supplement = Supplement(robot="g1", gains_order="motor")
        import_go2(write_unitree, deploy, tmp_path, supplement, **sizes)


def test_another_robot_brings_its_names_and_limits(write_unitree, deploy, tmp_path, refused):
    with refused(ImportRefusedError, what="b2", expected="joint names", fix="joint_names"):
        import_go2(write_unitree, deploy, tmp_path, Supplement(robot="b2"))
    names = [f"motor{index}" for index in range(12)]
    supplement = Supplement(
        robot="b2", joint_names=tuple(names), joint_limits=dict.fromkeys(names, (-3.0, 3.0))
    )
    report = import_go2(write_unitree, deploy, tmp_path, supplement)
    assert report.bundle.contract.output("joint_position_target").elements == tuple(names)


def test_a_term_that_is_not_known_becomes_an_input(write_unitree, deploy, tmp_path):
    deploy["observations"]["foot_force"] = {
        "params": {}, "clip": [-1, 1], "scale": [0.1] * 4, "history_length": 2,
    }  # fmt: skip
    supplement = parse_supplement(
        """
        robot: go2
        observations:
          foot_force: {input: foot_force, kind: state/contact/force, elements: [FL, FR, RL, RR],
                       unit: N, frame: base_link, max_age: 0.1}
        """,
        "x",
    )
    report = import_go2(write_unitree, deploy, tmp_path, supplement, width=53)
    assert report.bundle.contract.input("foot_force").unit == "N"
    assert report.rehearsal.worst < 1e-5


def test_provenance_holds_the_file(write_unitree, deploy, tmp_path):
    provenance = import_go2(write_unitree, deploy, tmp_path).bundle.contract.provenance
    assert "!!python/object/apply:builtins.slice" in provenance["source.deploy_yaml"]
    assert len(provenance["source.deploy_sha256"]) == 64
    assert provenance["importer"] == "unitree"
