import re
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper, numpy_helper

from untether_policies.bundle import load_bundle
from untether_policies.commands.import_policy import main
from untether_policies.importers import importing

JOINTS = ["FR_hip_joint", "FR_thigh_joint", "FR_calf_joint"]


@pytest.fixture
def model_path(tmp_path):
    """A leg's policy with mjlab's metadata: its positions in, its targets out."""
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["obs", "weight"], ["actions"])],
        "leg",
        [helper.make_tensor_value_info("obs", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor_value_info("actions", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(np.eye(3, dtype=np.float32), "weight")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    metadata = {
        "joint_names": ",".join(JOINTS),
        "joint_stiffness": "20.000,20.000,40.000",
        "joint_damping": "1.000,1.000,2.000",
        "default_joint_pos": "0.100,0.900,-1.800",
        "command_names": "twist",
        "observation_names": "joint_pos",
        "observation_terms_scale": "1.000",
        "observation_terms_clip": "-inf;inf",
        "observation_terms_history_length": "0.000",
        "observation_terms_flatten_history_dim": "1.000",
        "action_scale": "0.5",
    }
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)
    onnx.save(model, tmp_path / "leg.onnx")
    return tmp_path / "leg.onnx"


@pytest.fixture
def deploy_path(tmp_path):
    pose = [0.1, 0.9, -1.8]
    document = {
        "joint_ids_map": [0, 1, 2],
        "step_dt": 0.02,
        "stiffness": [20, 20, 40],
        "damping": [1, 1, 2],
        "default_joint_pos": pose,
        "commands": {},
        "actions": {"JointPositionAction": {"clip": None, "scale": 0.5, "offset": list(pose)}},
        "observations": {"joint_pos_rel": {"params": {}, "clip": None, "scale": None}},
    }
    path = tmp_path / "deploy.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_an_mjlab_policy_is_imported_and_described(model_path, tmp_path, capsys):
    out = tmp_path / "leg"
    assert (
        main(["mjlab", str(model_path), "--out", str(out), "--robot", "go1", "--rate", "50"]) == 0
    )
    text = capsys.readouterr().out
    assert "joint_pos" in text
    assert "300 ticks, 2 resets" in text
    assert "assumed: the action's offset is default_joint_pos" in text
    assert "untether check" in text
    assert load_bundle(out).contract.rate == 50.0


def test_a_unitree_policy_is_imported(deploy_path, model_path, tmp_path, capsys):
    out = tmp_path / "leg"
    arguments = ["unitree", str(deploy_path), str(model_path), "--out", str(out), "--robot", "go2"]
    assert main([*arguments, "--name", "one-leg", "--raw-clip", "2.5"]) == 0
    assert "one-leg for go2, 50 Hz" in capsys.readouterr().out
    assert load_bundle(out).contract.name == "one-leg"


def test_both_peers_give_the_same_policy(deploy_path, model_path, tmp_path):
    common = ["--robot", "go2", "--name", "leg"]
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["mjlab", str(model_path), "--out", str(first), "--rate", "50", *common]) == 0
    assert main(["unitree", str(deploy_path), str(model_path), "--out", str(second), *common]) == 0
    ours, theirs = (load_bundle(path).fixture.outputs for path in (first, second))
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_flags_go_before_the_supplement(model_path, tmp_path):
    supplement = tmp_path / "supplement.yaml"
    supplement.write_text("robot: go1\nrate: 50\nname: leg\n", encoding="utf-8")
    arguments = ["mjlab", str(model_path), "--out", str(tmp_path / "leg")]
    assert main([*arguments, "--supplement", str(supplement), "--rate", "100"]) == 0
    contract = load_bundle(tmp_path / "leg").contract
    assert (contract.robot, contract.rate, contract.name) == ("go1", 100.0, "leg")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--robot", "go1"], "--rate HZ"),
        (["--rate", "50"], "--robot NAME"),
        (["--robot", "go1", "--rate", "-5"], "rate"),
        (["--robot", "go1", "--rate", "nan"], "rate"),
        (["--robot", "go1", "--rate", "50", "--raw-clip", "0"], "raw_clip"),
        (["--robot", "go 1", "--rate", "50"], "joint_limits"),
        (["--supplement", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_refusal_says_expected_got_and_fix(arguments, words, model_path, tmp_path, capsys):
    assert main(["mjlab", str(model_path), "--out", str(tmp_path / "leg"), *arguments]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    for label in ("expected", "got", "fix"):
        assert label in captured.err
    assert not captured.out
    assert not (tmp_path / "leg").exists()


@pytest.mark.parametrize("out", ["occupied", "file", "file/below"])
def test_a_place_that_cannot_be_written_is_refused(out, model_path, tmp_path, capsys):
    (tmp_path / "occupied").mkdir()
    (tmp_path / "occupied" / "thesis.tex").write_text("years of work", encoding="utf-8")
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    arguments = ["--robot", "go1", "--rate", "50", "--name", "leg"]
    assert main(["mjlab", str(model_path), "--out", str(tmp_path / out), *arguments]) == 1
    assert capsys.readouterr().err
    assert (tmp_path / "occupied" / "thesis.tex").exists()


def test_the_place_is_refused_before_the_work_is_done(model_path, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(importing, "compose_policy", None)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    arguments = ["--robot", "go1", "--rate", "50", "--name", "leg"]
    for out in (".", "/proc/leg"):
        assert main(["mjlab", str(model_path), "--out", out, *arguments]) == 1
        assert out in capsys.readouterr().err


def test_the_commands_of_the_readme_import(model_path, deploy_path, tmp_path, monkeypatch):
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"`untether import ([^`]+)`", readme)
    assert {command.split()[0] for command in commands} == {"mjlab", "unitree"}
    model_path.rename(tmp_path / "policy.onnx")
    for number, command in enumerate(commands):
        (tmp_path / str(number)).mkdir()
        for name in ("policy.onnx", "deploy.yaml"):
            (tmp_path / str(number) / name).symlink_to(tmp_path / name)
        monkeypatch.chdir(tmp_path / str(number))
        assert main(command.split()) == 0
        assert load_bundle("my_bundle")


def test_names_with_brackets_are_shown_as_they_are(deploy_path, model_path, tmp_path, capsys):
    document = yaml.safe_load(deploy_path.read_text(encoding="utf-8"))
    document["observations"]["joint[red]_pos"] = document["observations"].pop("joint_pos_rel")
    deploy_path.write_text(yaml.safe_dump(document), encoding="utf-8")
    supplement = tmp_path / "supplement.yaml"
    supplement.write_text(
        "observations:\n  joint[red]_pos: {input: term, kind: custom/term, elements: [a, b, c], "
        "unit: 1, frame: none}\n",
        encoding="utf-8",
    )
    out = tmp_path / "leg[red]:dog:"
    arguments = ["--out", str(out), "--robot", "go2", "--supplement", str(supplement)]
    assert main(["unitree", str(deploy_path), str(model_path), *arguments]) == 0
    shown = capsys.readouterr().out
    assert "joint[red]_pos" in shown
    assert f"next: untether check {out}" in shown


def test_a_missing_model_is_refused_without_a_traceback(tmp_path, capsys):
    arguments = ["--out", str(tmp_path / "leg"), "--robot", "go1", "--rate", "50"]
    assert main(["mjlab", str(tmp_path / "none.onnx"), *arguments]) == 1
    error = capsys.readouterr().err
    assert "none.onnx" in error and "Traceback" not in error
