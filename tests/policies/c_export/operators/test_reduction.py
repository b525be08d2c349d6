import numpy as np
from onnx import helper

from untether_policies.c_export.exporting import export_c

node = helper.make_node
NAMES = (
    "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL1", "ReduceL2",
)  # fmt: skip


def test_every_reduction_over_any_axes(bundle_of, same):
    nodes, outputs = [], {}
    constants = {
        "a1": np.array([1]), "a2": np.array([-1]), "a13": np.array([1, 3]),
        "all": np.array([1, 2, 3]),
    }  # fmt: skip
    kept = {"a1": [1, 3, 4], "a2": [2, 3, 1], "a13": [1, 3, 1], "all": [1, 1, 1]}
    dropped = {"a1": [3, 4], "a2": [2, 3], "a13": [3]}
    for name in NAMES:
        for axes, shape in kept.items():
            nodes.append(node(name, ["x", axes], [f"{name}_{axes}".lower()], keepdims=1))
            outputs[f"{name}_{axes}".lower()] = shape
        for axes, shape in dropped.items():
            nodes.append(node(name, ["x", axes], [f"{name}_{axes}_d".lower()], keepdims=0))
            outputs[f"{name}_{axes}_d".lower()] = shape
    same(bundle_of(nodes, {"x": [2, 3, 4]}, outputs, constants))


def test_all_axes_none_and_a_computed_tensor(bundle_of, same):
    nodes = [
        node("Mul", ["x", "x"], ["square"]),
        node("ReduceMean", ["square"], ["everything"], keepdims=1),
        node("Mul", ["x", "everything"], ["scaled"]),
        node("ReduceSum", ["x", ""], ["same"], noop_with_empty_axes=1),
    ]
    same(bundle_of(nodes, {"x": [2, 3]}, {"scaled": [2, 3], "same": [2, 3]}))


def test_older_forms_take_their_axes_from_attributes(bundle_of, same):
    nodes = [
        node("ReduceSum", ["x"], ["s"], axes=[1], keepdims=0),
        node("ReduceMean", ["x"], ["m"], axes=[2]),
    ]
    same(bundle_of(nodes, {"x": [3, 4]}, {"s": [4], "m": [3, 1]}, opset=11))


def test_truth_values_are_not_summed(bundle_of, refused):
    nodes = [
        node("Cast", ["x"], ["n"], to=7),
        node("ReduceSum", ["n", "axis"], ["s"]),
        node("Cast", ["s"], ["y"], to=1),
    ]
    bundle = bundle_of(nodes, {"x": [3]}, {"y": [1]}, {"axis": np.array([1])})
    with refused(what="ReduceSum", expected="float", got="integer", fix="cast"):
        export_c(bundle)
