"""Whatever an artefact says, an import ends in a bundle or in a refusal, never in a traceback."""

import contextlib
import copy

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from untether_policies.errors import BundleError
from untether_policies.importers.importing import import_mjlab, import_unitree
from untether_policies.importers.supplement import Supplement, parse_supplement

RELAXED = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
values = st.sampled_from(
    [None, True, -1, 0, 3, "3", "3.0", 1e308, float("nan"), float("inf"), "", "x", [], [[]], {},
     {"a": 1}, [None] * 12, [1.0] * 12, ["0.1"] * 12, [[1, 0]] * 12, list(range(12)), 10**30]
)  # fmt: skip
texts = st.sampled_from(
    ["", ",", "x", "nan", "inf", "-1", "1e308", "0", "1;2", ";", "1.0," * 11 + "1.0", "a,b,",
     "twist,", "0.1," * 12, "-inf;inf," * 6 + "-inf;inf", "3," * 6 + "2", "9" * 400]
)  # fmt: skip


def find_paths(value, path=()) -> list[tuple]:
    """The path of everything in a document."""
    items = value.items() if isinstance(value, dict) else ()
    return [path, *(inner for key, item in items for inner in find_paths(item, (*path, key)))]


@RELAXED
@given(data=st.data(), value=values)
def test_any_value_anywhere_in_deploy_yaml(data, value, deploy, write_unitree, tmp_path):
    document = copy.deepcopy(deploy)
    path = data.draw(st.sampled_from(find_paths(document)[1:]))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with contextlib.suppress(BundleError):
        import_unitree(*write_unitree(document), tmp_path / "out", Supplement(robot="go2"))


@RELAXED
@given(data=st.data(), text=texts)
def test_any_text_anywhere_in_the_metadata(data, text, write_mjlab, tmp_path):
    path = write_mjlab()
    model = onnx.load(path)
    data.draw(st.sampled_from(list(model.metadata_props))).value = text
    onnx.save(model, path)
    with contextlib.suppress(BundleError):
        import_mjlab(path, tmp_path / "out", Supplement(robot="go1", rate=50.0))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_any_text_as_a_supplement(text):
    with contextlib.suppress(BundleError):
        parse_supplement(text, "x")


@pytest.mark.parametrize("name", ["joint_position", "last_action", "started", "term_history"])
def test_an_input_that_takes_another_tensors_name(name, deploy, write_unitree, tmp_path, refused):
    deploy["observations"]["Term"] = {
        "params": {}, "clip": None, "scale": None, "history_length": 2,
    }  # fmt: skip
    supplement = parse_supplement(
        "robot: go2\nobservations:\n  Term: {input: " + name + ", kind: custom/term, "
        "elements: [a], unit: 1, frame: none}",
        "x",
    )
    with refused(BundleError):
        import_unitree(*write_unitree(deploy, width=47), tmp_path / "out", supplement)


def test_a_term_may_have_any_name(deploy, write_unitree, tmp_path):
    deploy["observations"]["2nd Foot-Force"] = {
        "params": {}, "clip": None, "scale": None, "history_length": 2,
    }  # fmt: skip
    supplement = parse_supplement(
        "robot: go2\nobservations:\n  2nd Foot-Force: {input: force, kind: custom/force, "
        "elements: [a], unit: N, frame: none}",
        "x",
    )
    report = import_unitree(*write_unitree(deploy, width=47), tmp_path / "out", supplement)
    names = [carry.name for carry in report.bundle.contract.carry]
    assert "term_2nd_foot_force_history" in names
