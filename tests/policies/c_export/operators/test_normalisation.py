import numpy as np
from onnx import helper

from untether_policies.c_export.exporting import export_c

node = helper.make_node
GENERATOR = np.random.default_rng(1)


def test_softmax_over_any_axis_without_overflow(bundle_of, same, sample_inputs):
    nodes = [
        node("Softmax", ["x"], ["last"]),
        node("Softmax", ["x"], ["middle"], axis=1),
        node("LogSoftmax", ["x"], ["logarithm"], axis=-1),
        node("Add", ["x", "shift"], ["moved"]),
        node("Softmax", ["moved"], ["far"]),
    ]
    names = ("last", "middle", "logarithm", "far")
    constants = {"shift": np.float32([200.0, -300.0, 100.0, 0.0])}
    bundle = bundle_of(nodes, {"x": [3, 4]}, dict.fromkeys(names, (3, 4)), constants)
    same(bundle, sample_inputs(bundle, 100, scale=20.0))


def test_softmax_before_opset_13_goes_over_the_rest(bundle_of, same):
    nodes = [node("Softmax", ["x"], ["y"]), node("Softmax", ["x"], ["z"], axis=2)]
    same(bundle_of(nodes, {"x": [3, 4]}, {"y": [3, 4], "z": [3, 4]}, opset=11))


def test_layer_normalisation(bundle_of, same):
    nodes = [
        node("LayerNormalization", ["x", "s", "b"], ["last"]),
        node("LayerNormalization", ["x", "s"], ["bare"], epsilon=0.1),
        node("LayerNormalization", ["x", "s2", "b2"], ["both"], axis=-2),
    ]
    constants = {
        name: GENERATOR.normal(0.5, 0.5, shape).astype(np.float32)
        for name, shape in {"s": 4, "b": 4, "s2": (3, 4), "b2": (3, 4)}.items()
    }
    names = ("last", "bare", "both")
    same(bundle_of(nodes, {"x": [3, 4]}, dict.fromkeys(names, (3, 4)), constants), tolerance=2e-5)


def test_layer_normalisation_with_computed_or_stretched_scale(bundle_of, same):
    nodes = [
        node("Tanh", ["s"], ["scale"]),
        node("Squeeze", ["scale", "zero"], ["row"]),
        node("LayerNormalization", ["x", "row", "one"], ["y"]),
    ]
    constants = {"zero": np.array([0]), "one": np.float32([0.5])}
    inputs = {"x": [3, 4], "s": [4]}
    same(bundle_of(nodes, inputs, {"y": [3, 4]}, constants), tolerance=2e-5)


def test_statistics_of_a_layer_normalisation_are_refused(bundle_of, refused):
    nodes = [
        node("LayerNormalization", ["x", "s"], ["y", "mean"]),
        node("Squeeze", ["mean", "axis"], ["z"]),
    ]
    constants = {"s": np.ones(4, np.float32), "axis": np.array([2])}
    with refused(what="LayerNormalization", expected="one output", got="2"):
        export_c(bundle_of(nodes, {"x": [3, 4]}, {"y": [3, 4], "z": [3]}, constants))


def test_intermediate_results_never_land_in_an_output_of_the_same_name(bundle_of, same):
    nodes = [node("Softmax", ["x"], ["p"]), node("Neg", ["x"], ["p_total"])]
    same(bundle_of(nodes, {"x": [4]}, {"p": [4], "p_total": [4]}))
