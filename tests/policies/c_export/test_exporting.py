import re
import shutil
import subprocess

import numpy as np
import pytest
from onnx import helper

from untether_policies.bundle import load_bundle
from untether_policies.c_export.exporting import export_c, write_export
from untether_policies.contract import CarrySpec
from untether_policies.parity import run_graph
from untether_policies.zoo import list_zoo

node = helper.make_node
ZOO = sorted(name for name in list_zoo() if name.startswith("crazyflie_"))


def compare(bundle, expected, got):
    """Greatest difference of any command of each tick, as a fraction of its range, (ticks,)."""
    differences = [
        np.abs(got[spec.name] - expected[spec.name]) / np.subtract(spec.upper, spec.lower)
        for spec in bundle.contract.outputs
    ]
    return np.max([one.reshape(len(one), -1).max(1) for one in differences], axis=0)


def random_flight(bundle, ticks, seed):
    """Random inputs about as wild as training saw them, and unit quaternions."""
    generator = np.random.default_rng(seed)
    inputs = {}
    for spec in bundle.contract.inputs:
        scale = 0.7 if spec.quaternion_order else 2.0
        values = generator.normal(0.0, scale, (ticks, *spec.shape))
        if spec.quaternion_order:
            values /= np.linalg.norm(values, axis=1, keepdims=True)
        inputs[spec.name] = values.astype(np.float32)
    return inputs


def check_bundle(bundle, run_c):
    recorded = bundle.fixture.inputs
    expected = run_graph(bundle.model, bundle.contract, recorded)
    assert compare(bundle, expected, run_c(bundle, recorded)).max() < 1e-5
    # Unlike what is recorded, what is drawn need not be possible: distances that jump, say. There a
    # large network may amplify rounding, and ONNX Runtime is itself 1e-5 from double precision.
    flight = random_flight(bundle, 3000, 5)
    expected = run_graph(bundle.model, bundle.contract, flight)
    differences = compare(bundle, expected, run_c(bundle, flight))
    assert np.quantile(differences, 0.999) < 1e-5
    assert differences.max() < 1e-4


@pytest.mark.parametrize("name", ZOO)
def test_the_zoo_answers_as_onnx_runtime_does(name, run_c):
    check_bundle(load_bundle(list_zoo()[name], verify=False), run_c)


def test_attention_answers_as_onnx_runtime_does(attention_bundle, run_c):
    check_bundle(attention_bundle, run_c)


def test_robots_that_take_turns_do_not_disturb_each_other(run_c):
    bundle = load_bundle(list_zoo()["crazyflie_waypoint"], verify=False)
    flights = [random_flight(bundle, 200, seed) for seed in range(3)]
    woven = {name: np.stack([f[name] for f in flights], 1) for name in flights[0]}
    woven = {name: array.reshape(-1, *array.shape[2:]) for name, array in woven.items()}
    got = run_c(bundle, woven, robots=3)["rotor_thrust"]
    for robot, flight in enumerate(flights):
        expected = run_graph(bundle.model, bundle.contract, flight)["rotor_thrust"]
        assert np.max(np.abs(got[robot::3] - expected)) / 0.130473 < 1e-5


def test_equal_bundles_give_equal_text(attention_bundle):
    assert export_c(attention_bundle).files == export_c(attention_bundle).files


def test_state_goes_through_shifts_swaps_and_plain_copies(bundle_of, same):
    nodes = [
        node("Slice", ["history", "one", "end", "axis"], ["recent"]),
        node("Concat", ["recent", "x"], ["history_next"], axis=1),
        node("Identity", ["right"], ["left_next"]),
        node("Add", ["left", "x"], ["right_next"]),
        node("Identity", ["x"], ["seen_next"]),
        node("ReduceSum", ["history", "axis"], ["total"]),
        node("Identity", ["total"], ["y"]),
        node("Identity", ["seen"], ["z"]),
        node("Mul", ["left", "right"], ["product"]),
    ]
    carry = (
        CarrySpec("history", (6,), (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)),
        CarrySpec("left", (2,), (1.0, 2.0)),
        CarrySpec("right", (2,), (3.0, 4.0)),
        CarrySpec("seen", (2,), (7.0, 7.0)),
    )
    constants = {"one": np.array([2]), "end": np.array([99]), "axis": np.array([1])}
    outputs = {"y": [1], "z": [2], "product": [2]}
    same(bundle_of(nodes, {"x": [2]}, outputs, constants, carry=carry))


def test_outputs_that_only_repeat_others_or_inputs_are_filled(bundle_of, same):
    nodes = [
        node("Identity", ["x"], ["a"]),
        node("Tanh", ["x"], ["b"]),
        node("Identity", ["b"], ["c"]),
        node("Exp", ["b"], ["d"]),
        node("Identity", ["fixed"], ["row"]),
        node("Expand", ["row", "shape"], ["e"]),
        node("Mul", ["x", "zero"], ["nothing"]),
        node("Add", ["nothing", "fixed"], ["f"]),
    ]
    constants = {
        "fixed": np.float32([[1.0, 2.0]]),
        "zero": np.float32(0),
        "shape": np.array([1, 2]),
    }
    same(bundle_of(nodes, {"x": [2]}, dict.fromkeys("abcdef", (2,)), constants))


HOSTILE = (
    "int",
    "*/ #error",
    "a.b",
    "a-b",
    "??/",
    "ünïcode",
    "sigmoid",
    "dense",
    "scratch",
    "x" * 300,
)


def test_a_policy_that_needs_no_memory_has_an_honest_state(bundle_of, same):
    same(bundle_of([node("Relu", ["x"], ["y"])], {"x": [3], "unused": [2]}, {"y": [3]}))


def test_inputs_that_nothing_reads_are_no_error(bundle_of, same):
    nodes = [node("Add", ["memory", "one"], ["y"]), node("Identity", ["y"], ["memory_next"])]
    carry = (CarrySpec("memory", (3,), (0.0, 1.0, 2.0)),)
    constants = {"one": np.float32(1.0)}
    same(bundle_of(nodes, {"x": [3]}, {"y": [3]}, constants, carry=carry))


def test_hostile_names_in_the_graph_are_harmless(bundle_of, same):
    nodes, previous = [], "float"
    for name in HOSTILE:
        nodes.append(node("Gemm", [previous, f"{name} weight"], [name]))
        previous = f"{name} active"
        nodes.append(node("Sigmoid", [name], [previous]))
    nodes.append(node("Identity", [previous], ["double"]))
    generator = np.random.default_rng(0)
    constants = {
        f"{name} weight": generator.normal(size=(2, 2)).astype(np.float32) for name in HOSTILE
    }
    same(bundle_of(nodes, {"float": [2]}, {"double": [2]}, constants, name="3-math"))


def test_names_that_collide_in_c_are_told_apart(bundle_of, same):
    carry = (CarrySpec("scratch", (2,), (0.0, 0.0)), CarrySpec("register", (2,), (1.0, 1.0)))
    nodes = [
        node("Add", ["h", "x_lower"], ["sum"]),
        node("Add", ["sum", "scratch"], ["x"]),
        node("Identity", ["h"], ["scratch_next"]),
        node("Mul", ["register", "x"], ["register_next"]),
        node("Clip", ["x", "", "one"], ["rate"]),
        node("Identity", ["register"], ["register_lower"]),
    ]
    outputs = {"x": [2], "rate": [2], "register_lower": [2]}
    inputs = {"h": [2], "x_lower": [2]}
    same(bundle_of(nodes, inputs, outputs, {"one": np.float32(1.0)}, carry=carry))


def test_the_header_says_what_the_contract_says():
    bundle = load_bundle(list_zoo()["crazyflie_waypoint"], verify=False)
    header = export_c(bundle).files["crazyflie_waypoint.h"]
    text = " ".join(re.sub(r"^ \*", "", header, flags=re.MULTILINE).split())
    assert bundle.sha256 in text
    assert "100 Hz" in text
    for spec in (*bundle.contract.inputs, *bundle.contract.outputs):
        assert f"{spec.name}: {spec.kind}, [{spec.unit}] {spec.frame}, " in text
        assert f"float {spec.name}[{spec.size}];" in text
        for index, element in enumerate(spec.elements):
            assert f"CRAZYFLIE_WAYPOINT_{spec.name}_{element}".upper() + f" = {index}" in text
    assert "not to be used when older than 0.1 s" in text
    assert "each 0 to 0.130473" in text
    assert (
        "CRAZYFLIE_WAYPOINT_ROTOR_THRUST_UPPER {0.130473f, 0.130473f, 0.130473f, 0.130473f}" in text
    )
    assert "quaternion xyzw" in text
    for carry in bundle.contract.carry:
        assert f"{carry.name} ({carry.size})" in text


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++ on the PATH")
def test_the_header_serves_cpp(attention_bundle, tmp_path):
    export = export_c(attention_bundle)
    write_export(export, tmp_path)
    (tmp_path / "user.cpp").write_text(
        f'#include "{export.prefix}.h"\nvoid run({export.prefix}_state *state);\n'
        f"void run({export.prefix}_state *state) {{ {export.prefix}_reset(state); }}\n"
    )
    command = ["g++", "-Wall", "-Wextra", "-Werror", "-pedantic", "-c", "user.cpp"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)


def test_nothing_is_allocated_kept_or_computed_in_double(attention_bundle):
    source = export_c(attention_bundle).files["generated_attention.c"]
    assert set(re.findall(r"#include (\S+)", source)) == {
        '"generated_attention.h"', "<math.h>", "<stddef.h>", "<stdint.h>"
    }  # fmt: skip
    assert not re.search(r"\b(malloc|calloc|free|double|memcpy|memset)\b", source)
    for line in source.splitlines():
        assert not line.startswith("static ") or line.startswith("static const ") or "(" in line
    code = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    assert not re.search(r"\d\.\d+(e-?\d+)?(?![\df.e])", code)  # no literal without suffix


def test_sizes_are_those_of_the_structs(attention_bundle):
    export = export_c(attention_bundle)
    fields = re.findall(
        r"float (\w+)\[(\d+)\];  /\* (carry|used)", export.files[f"{export.prefix}.h"]
    )
    assert sum(4 * int(size) for _, size, _ in fields) == export.state_bytes
    assert (
        4 * int(dict((name, size) for name, size, _ in fields)["scratch"]) == export.scratch_bytes
    )


def test_a_place_that_cannot_be_written_is_named(attention_bundle, tmp_path, refused):
    (tmp_path / "file").write_text("")
    with refused(expected="can be written", fix="--out"):
        write_export(export_c(attention_bundle), tmp_path / "file")
