import pytest

from untether_policies.errors import BundleError
from untether_policies.importers.supplement import Supplement, load_supplement, parse_supplement

FULL = """
robot: yam
name: yam-lift
rate: 50
raw_clip: 10
action_offset: [0.1, 0.2]
action_joints: [joint1, joint2]
joint_names: [joint1, "", joint2]
joint_limits: {joint1: [-1, 1], joint2: [0, 2.5]}
gains_order: policy
observations:
  height_scan: {input: height_scan, kind: state/terrain/elevation, shape: [11, 17], unit: m,
                frame: base_link, max_age: 0.2}
  skill: {input: skill, kind: custom/skill, elements: [walk, run], unit: 1, frame: none}
metadata:
  action_scale: [0.37275, 0.24850]
"""


def test_every_field_is_read(tmp_path):
    path = tmp_path / "supplement.yaml"
    path.write_text(FULL, encoding="utf-8")
    supplement = load_supplement(path)
    assert (supplement.robot, supplement.name, supplement.rate) == ("yam", "yam-lift", 50.0)
    assert supplement.joint_limits == {"joint1": (-1.0, 1.0), "joint2": (0.0, 2.5)}
    assert supplement.joint_names == ("joint1", "", "joint2")
    assert supplement.observations["height_scan"].size == 187
    assert supplement.observations["skill"].elements == ("walk", "run")
    assert supplement.observations["skill"].unit == "1"
    assert supplement.metadata == {"action_scale": [0.37275, 0.2485]}


def test_an_empty_mapping_adds_nothing():
    assert parse_supplement("{}", "x") == Supplement()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("rate: fast", "rate"),
        ("rate: 0", "rate"),
        ("rate: .nan", "rate"),
        ("raw_clip: -1", "raw_clip"),
        ("joint_limits: {a: [1, 0]}", "joint_limits: a"),
        ("joint_limits: {a: 1}", "joint_limits: a"),
        ("gains_order: alphabetical", "gains_order"),
        ("observations: {scan: {input: scan}}", "scan"),
        ("observations: {s: {input: s, kind: custom/s, unit: m, frame: none}}", "observations: s"),
        ("robot: !!python/name:os.system", "line 1"),
        ("robots: go1", "x"),
    ],
)
def test_a_field_that_does_not_fit_is_refused(text, what, refused):
    with refused(BundleError, what=what):
        parse_supplement(text, "x")


@pytest.mark.parametrize("content", [None, b"\xff", b"#" * 2_000_000])
def test_a_file_that_cannot_be_read_is_refused(content, tmp_path, refused):
    path = tmp_path / "supplement.yaml"
    if content is not None:
        path.write_bytes(content)
    with refused(BundleError, what="supplement.yaml"):
        load_supplement(path)
