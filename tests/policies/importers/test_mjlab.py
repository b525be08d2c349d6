from hashlib import sha256

import numpy as np
import pytest

from untether_policies.bundle import load_bundle
from untether_policies.importers.importing import import_mjlab
from untether_policies.importers.refusal import ImportRefusedError
from untether_policies.importers.source_model import load_source_model
from untether_policies.importers.supplement import Supplement, parse_supplement
from untether_policies.policy import Policy

GO1 = Supplement(robot="go1", rate=50.0)
INFINITE = [float("-inf"), float("inf")]


def hold_still(policy: Policy) -> None:
    """Level, at rest, in the default pose, told to stand."""
    for buffer in policy.inputs.values():
        buffer[...] = 0.0
    policy.inputs["orientation"][0] = (0.0, 0.0, 0.0, 1.0)
    policy.inputs["joint_position"][0] = [0.1, 0.9, -1.8, -0.1, 0.9, -1.8] * 2


def test_the_velocity_task_becomes_a_bundle_with_si_tensors(write_mjlab, tmp_path):
    report = import_mjlab(write_mjlab(), tmp_path / "go1-velocity", GO1)
    contract = load_bundle(tmp_path / "go1-velocity").contract
    assert (contract.name, contract.robot, contract.rate) == ("go1-velocity", "go1", 50.0)
    assert [(spec.name, spec.kind, spec.unit, spec.frame) for spec in contract.inputs] == [
        ("orientation", "state/body/rotation", "1", "map"),
        ("angular_velocity", "state/body/angular_velocity", "rad/s", "base_link"),
        ("linear_velocity", "state/body/linear_velocity", "m/s", "base_link"),
        ("joint_position", "state/joint/position", "rad", "joint"),
        ("joint_velocity", "state/joint/velocity", "rad/s", "joint"),
        ("linear_velocity_command", "command/body/linear_velocity", "m/s", "base_link"),
        ("angular_velocity_command", "command/body/angular_velocity", "rad/s", "base_link"),
    ]
    assert contract.input("joint_position").max_age == pytest.approx(5 / 50.0)
    assert contract.input("linear_velocity_command").max_age == 0.5
    target = contract.output("joint_position_target")
    assert (target.kind, target.unit) == ("command/joint/position", "rad")
    assert target.elements[:3] == ("FR_hip_joint", "FR_thigh_joint", "FR_calf_joint")
    assert (target.lower[2], target.upper[2]) == (-2.818, -0.888)
    assert not contract.envelope
    assert report.rehearsal.worst < 1e-5


def test_the_network_sees_what_mjlab_would_show_it(write_mjlab, tmp_path):
    report = import_mjlab(write_mjlab(), tmp_path / "bundle", GO1)
    policy = Policy.from_bundle(report.bundle)
    hold_still(policy)
    policy.inputs["linear_velocity"][0] = (0.1, 0.2, 0.3)
    policy.inputs["angular_velocity"][0] = (0.4, 0.5, 0.6)
    policy.inputs["joint_position"][0, 4] += 0.7
    policy.inputs["joint_velocity"][0, 5] = 0.8
    policy.inputs["linear_velocity_command"][0] = (0.9, 1.0)
    policy.inputs["angular_velocity_command"][0] = 1.1
    observation = np.zeros(48, np.float32)
    observation[:9] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.0, 0.0, -1.0)
    observation[9 + 4] = 0.7
    observation[21 + 5] = 0.8
    observation[45:] = (0.9, 1.0, 1.1)
    source = load_source_model(tmp_path / "go1_velocity.onnx")
    scale = np.array([0.373, 0.373, 0.249] * 4)
    pose = np.array([0.1, 0.9, -1.8, -0.1, 0.9, -1.8] * 2)
    for _ in range(2):  # the second time the first action is part of the observation
        policy.step()
        action = source.run(observation)
        assert np.allclose(
            policy.outputs["joint_position_target"][0], action * scale + pose, atol=1e-5
        )
        observation[33:45] = action
    policy.reset()
    policy.step()
    observation[33:45] = 0.0
    expected = source.run(observation) * scale + pose
    assert np.allclose(policy.outputs["joint_position_target"][0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("roll", "pitch", "expected"),
    [(0.0, 0.0, (0, 0, -1)), (np.pi / 2, 0.0, (0, -1, 0)), (0.0, np.pi / 2, (1, 0, 0))],
)
def test_gravity_comes_from_the_orientation(roll, pitch, expected, write_mjlab, tmp_path):
    """A robot rolled on its right side feels gravity to its right, nose down to its front."""
    report = import_mjlab(write_mjlab(), tmp_path / "bundle", GO1)
    policy = Policy.from_bundle(report.bundle)
    hold_still(policy)
    policy.inputs["orientation"][0] = (
        np.sin(roll / 2), np.sin(pitch / 2), 0.0, np.cos(roll / 2) * np.cos(pitch / 2),
    )  # fmt: skip
    policy.step()
    observation = np.zeros(48, np.float32)
    observation[6:9] = expected
    action = load_source_model(tmp_path / "go1_velocity.onnx").run(observation)
    wanted = action * np.array([0.373, 0.373, 0.249] * 4) + policy.inputs["joint_position"][0]
    assert np.allclose(policy.outputs["joint_position_target"][0], wanted, atol=1e-5)


def test_gains_are_declared_outputs(write_mjlab, tmp_path):
    report = import_mjlab(write_mjlab(), tmp_path / "bundle", GO1)
    policy = Policy.from_bundle(report.bundle, batch=2)
    hold_still(policy)
    policy.step()
    assert np.allclose(policy.outputs["joint_stiffness"], [[15.895, 15.895, 35.764] * 4] * 2)
    assert np.allclose(policy.outputs["joint_damping"], [[1.012, 1.012, 2.277] * 4] * 2)
    assert report.bundle.contract.output("joint_stiffness").unit == "N m/rad"


def test_history_scale_and_clip_are_inside_the_graph(write_mjlab, tmp_path):
    lengths = [0, 3, 2, 4, 2, 3, 1]
    path = write_mjlab(
        width=3 + 9 + 6 + 48 + 24 + 36 + 3,
        observation_terms_history_length=lengths,
        observation_terms_scale=[1.0, 0.25, 1.0, 1.0, [0.05] * 12, 1.0, [2.0, 2.0, 0.25]],
        observation_terms_clip=[[-1, 1], INFINITE, [-0.5, float("inf")], *[INFINITE] * 4],
    )
    report = import_mjlab(path, tmp_path / "bundle", GO1)
    shapes = {carry.name: carry.shape for carry in report.bundle.contract.carry}
    assert shapes["joint_pos_history"] == (3, 12)
    assert shapes["actions_history"] == (2, 12)
    assert shapes["started"] == (1,)
    assert report.rehearsal.worst < 1e-5


def test_provenance_holds_the_hash_and_the_metadata(write_mjlab, tmp_path):
    path = write_mjlab()
    provenance = import_mjlab(path, tmp_path / "bundle", GO1).bundle.contract.provenance
    assert provenance["importer"] == "mjlab"
    assert provenance["source.sha256.go1_velocity.onnx"] == sha256(path.read_bytes()).hexdigest()
    assert provenance["source.action_scale"].startswith("0.373,0.373,0.249")
    assert provenance["parity_error_rad"] < 1e-5


@pytest.mark.parametrize(
    "key",
    [
        "joint_names", "joint_stiffness", "joint_damping", "default_joint_pos", "action_scale",
        "observation_names", "command_names", "observation_terms_scale", "observation_terms_clip",
        "observation_terms_history_length", "observation_terms_flatten_history_dim",
    ],
)  # fmt: skip
def test_a_missing_key_is_refused(key, write_mjlab, tmp_path, refused):
    with refused(ImportRefusedError, what="metadata", expected=key, fix="supplement"):
        import_mjlab(write_mjlab(**{key: None}), tmp_path / "bundle", GO1)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("changes", "what", "got"),
    [
        ({"observation_names": ["pose_of_moon"], "observation_terms_scale": [1.0],
          "observation_terms_flatten_history_dim": [True],
          "observation_terms_history_length": [0], "observation_terms_clip": [INFINITE]},
         "pose_of_moon", "pose_of_moon"),
        ({"command_names": ["lift_height"]}, "command", "lift_height"),
        ({"observation_terms_history_length": [0, 2, 0, 0, 0, 0, 0]}, "observation", "51"),
        ({"observation_terms_history_length": [2] * 7,
          "observation_terms_flatten_history_dim": [False] * 7}, "base_lin_vel", "flatten"),
        ({"observation_terms_scale": [1.0] * 6}, "observation_terms_scale", "6"),
        ({"observation_terms_scale": [1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]}, "base_ang_vel", "0.000"),
        ({"observation_terms_scale": [[1.0, 2.0], *[1.0] * 6]}, "base_lin_vel", "2 for 3"),
        ({"observation_terms_clip": [[1, -1], *[INFINITE] * 6]}, "base_lin_vel", "1.0;-1.0"),
        ({"action_scale": [0.373, 0.0004] * 6}, "action_scale", "0.000"),
        ({"joint_stiffness": [15.0] * 5}, "joint_stiffness", "5"),
        ({"joint_stiffness": [-1.0] * 12}, "joint_stiffness", "-1.0"),
        ({"default_joint_pos": [0.1] * 11}, "default_joint_pos", "11"),
    ],
)  # fmt: skip
def test_metadata_that_does_not_fit_is_refused(changes, what, got, write_mjlab, tmp_path, refused):
    with refused(ImportRefusedError, what=what, got=got):
        import_mjlab(write_mjlab(**changes), tmp_path / "bundle", GO1)


def test_joints_in_another_order_than_the_pose_are_refused(write_mjlab, tmp_path, refused):
    """Isaac Lab's order for the names, mjlab's for the numbers: a thigh at a calf's angle."""
    legs, joints = ("FL", "FR", "RL", "RR"), ("hip", "thigh", "calf")
    names = [f"{leg}_{joint}_joint" for joint in joints for leg in legs]
    with refused(ImportRefusedError, what="default_joint_pos", got="rad", fix="joint order"):
        import_mjlab(write_mjlab(joint_names=names), tmp_path / "bundle", GO1)


def test_robot_and_rate_are_asked_for(write_mjlab, tmp_path, refused):
    path = write_mjlab()
    with refused(ImportRefusedError, expected="control rate", fix="--rate"):
        import_mjlab(path, tmp_path / "bundle", Supplement(robot="go1"))
    with refused(ImportRefusedError, expected="robot", fix="--robot"):
        import_mjlab(path, tmp_path / "bundle", Supplement(rate=50.0))
    with refused(ImportRefusedError, what="spot", expected="limits", fix="joint_limits"):
        import_mjlab(path, tmp_path / "bundle", Supplement(robot="spot", rate=50.0))


def test_an_old_export_needs_the_users_word(write_mjlab, tmp_path, refused):
    keys = ("scale", "flatten_history_dim", "history_length", "clip")
    path = write_mjlab(**{f"observation_terms_{key}": None for key in keys})
    with refused(ImportRefusedError, fix="--plain-terms"):
        import_mjlab(path, tmp_path / "bundle", GO1)
    report = import_mjlab(path, tmp_path / "bundle", GO1, plain_terms=True)
    assert all(term.history == 1 and term.scale is None for term in report.pipeline.terms)


def test_a_supplement_adds_digits_terms_and_clips(write_mjlab, tmp_path):
    supplement = parse_supplement(
        """
        robot: go1
        rate: 50
        raw_clip: 0.5
        observations:
          height_scan: {input: height_scan, kind: state/terrain/elevation, shape: [3, 4], unit: m,
                        frame: base_link, max_age: 0.2}
        metadata:
          action_scale: [0.37275, 0.37275, 0.2485, 0.37275, 0.37275, 0.2485,
                         0.37275, 0.37275, 0.2485, 0.37275, 0.37275, 0.2485]
        """,
        "supplement.yaml",
    )
    names = ["base_lin_vel", "base_ang_vel", "projected_gravity", "joint_pos", "joint_vel",
             "actions", "command", "height_scan"]  # fmt: skip
    path = write_mjlab(
        width=60,
        observation_names=names,
        observation_terms_scale=[1.0] * 7 + [0.2],
        observation_terms_flatten_history_dim=[True] * 8,
        observation_terms_history_length=[0] * 8,
        observation_terms_clip=[INFINITE] * 8,
    )
    report = import_mjlab(path, tmp_path / "bundle", supplement)
    assert report.bundle.contract.input("height_scan").shape == (3, 4)
    outputs = report.bundle.fixture.outputs["joint_position_target"]
    pose = np.array([0.1, 0.9, -1.8, -0.1, 0.9, -1.8] * 2)
    reach = np.abs(outputs - pose).max(axis=0)
    assert np.all(reach <= 0.5 * np.array([0.37275, 0.37275, 0.2485] * 4) + 1e-6)
    assert not any("action_scale" in text for text in report.pipeline.assumptions)


def test_a_robot_with_joints_that_are_not_commanded(write_mjlab, tmp_path, refused):
    """An arm whose second finger follows the first, as in mjlab's lift task."""
    joints = ["joint1", "joint2", "left_finger", "right_finger"]
    changes = {
        "joint_names": joints,
        "default_joint_pos": [0.1, 0.2, 0.03, 0.03],
        "joint_stiffness": [10.0, 20.0, 30.0],
        "joint_damping": [1.0, 2.0, 3.0],
        "observation_names": ["joint_pos", "joint_vel", "actions"],
        "observation_terms_scale": [1.0] * 3,
        "observation_terms_flatten_history_dim": [True] * 3,
        "observation_terms_history_length": [0] * 3,
        "observation_terms_clip": [INFINITE] * 3,
        "action_scale": 0.5,
    }
    path = write_mjlab(width=11, actions=3, **changes)
    limits = {joint: (-1.0, 1.0) for joint in joints}
    arm = Supplement(robot="arm", rate=50.0, joint_limits=limits)
    with refused(ImportRefusedError, expected="3 commanded joints", fix="action_joints"):
        import_mjlab(path, tmp_path / "bundle", arm)
    commanded = ("joint1", "joint2", "left_finger")
    arm = Supplement(robot="arm", rate=50.0, joint_limits=limits, action_joints=commanded)
    report = import_mjlab(path, tmp_path / "bundle", arm)
    assert report.bundle.contract.output("joint_position_target").elements == commanded
    assert report.bundle.contract.input("joint_position").elements == tuple(joints)
    assert report.pipeline.action.offset == (0.1, 0.2, 0.03)
