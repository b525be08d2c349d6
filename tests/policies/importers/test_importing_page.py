"""What the page shows works as shown."""

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from untether_policies.bundle import load_bundle
from untether_policies.commands.import_policy import main
from untether_policies.importers.mjlab import _KNOWN as MJLAB_TERMS
from untether_policies.importers.supplement import parse_supplement

PAGE = (Path(__file__).parents[3] / "policies/IMPORTING.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_by_hand_make_a_bundle(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["obs", "weight"], ["action"])],
        "peer",
        [helper.make_tensor_value_info("obs", TensorProto.FLOAT, ["batch", 2])],
        [helper.make_tensor_value_info("action", TensorProto.FLOAT, ["batch", 1])],
        [numpy_helper.from_array(np.array([[-1.0], [-0.5]], np.float32), "weight")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    onnx.save(model, "peer.onnx")
    by_hand, wrapping = blocks("python")
    for example in (wrapping, by_hand):
        exec(compile(example, "IMPORTING.md", "exec"), {})
    bundle = load_bundle("pendulum-balance")
    torque = bundle.fixture.outputs["torque"][:, 0]
    assert np.allclose(torque, -np.sin(np.arange(200.0) / 20.0), atol=1e-6)


def test_the_supplement_has_every_field_but_the_name():
    (example,) = blocks("yaml")
    supplement = parse_supplement(example, "IMPORTING.md")
    assert supplement.raw_clip == 100.0
    fields = set(re.findall(r"^(\w+):", example, re.MULTILINE))
    assert fields | {"name"} == set(vars(supplement))


@pytest.mark.parametrize("peer", ["mjlab", "unitree"])
def test_every_flag_that_the_page_names_exists(peer, capsys):
    with pytest.raises(SystemExit):
        main([peer, "--help"])
    shown = capsys.readouterr().out
    named = {"mjlab": ["--rate", "--plain-terms"], "unitree": ["--gains-order"]}
    for flag in (*named[peer], "--robot", "--out", "--supplement"):
        assert flag in PAGE
        assert flag in shown


def test_known_terms_are_listed():
    for term in (*MJLAB_TERMS, "velocity_commands", "joint_pos_rel", "gait_phase"):
        assert f"`{term}`" in PAGE
