import numpy as np
import pytest
from onnx import TensorProto, helper

from untether_policies.c_export.exporting import export_c

node = helper.make_node
WILD = np.float32([0, -0.0, 1, -1, 0.5, -0.5, 3, -3, 20, -20, 90, -90, 1e-30, 1e30])
UNARY = (
    "Neg", "Abs", "Exp", "Erf", "Tanh", "Sigmoid", "Relu", "Softplus", "Sin", "Cos", "Atan",
    "Sign", "Floor", "Ceil", "Elu", "LeakyRelu",
)  # fmt: skip


def test_every_function_of_one_number(bundle_of, same, sample_inputs):
    nodes = [node(name, ["x"], [name.lower()]) for name in UNARY]
    nodes += [
        node("Abs", ["x"], ["size"]),
        node("Add", ["size", "one"], ["positive"]),
        *(node(name, ["positive"], [name.lower()]) for name in ("Sqrt", "Reciprocal", "Log")),
        node("Elu", ["x"], ["elu_scaled"], alpha=0.3),
        node("LeakyRelu", ["x"], ["leaky_scaled"], alpha=0.2),
        node("Mul", ["x", "small"], ["narrow"]),
        node("Tan", ["narrow"], ["tan"]),
    ]
    names = [*map(str.lower, UNARY), "sqrt", "reciprocal", "log", "tan"]
    names += ["elu_scaled", "leaky_scaled"]
    constants = {"one": np.float32(1.0), "small": np.float32(0.2)}
    bundle = bundle_of(nodes, {"x": [7]}, dict.fromkeys(names, (7,)), constants)
    same(bundle, sample_inputs(bundle, 300, scale=3.0))


def test_extreme_numbers_neither_trap_nor_differ(bundle_of, run_c):
    names = ("Exp", "Tanh", "Sigmoid", "Softplus", "Elu", "Relu")
    nodes = [node(name, ["x"], [name.lower()]) for name in names]
    nodes += [
        node("Cast", ["x"], ["whole"], to=TensorProto.INT32),
        node("Cast", ["whole"], ["back"], to=TensorProto.FLOAT),
    ]
    outputs = dict.fromkeys([*map(str.lower, names), "back"], (1,))
    got = run_c(bundle_of(nodes, {"x": [1]}, outputs), {"x": WILD[:, None]})
    x = WILD.astype(np.float64)[:, None]
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(got["exp"], np.exp(x).astype(np.float32), rtol=2e-7, atol=3e-38)
        np.testing.assert_allclose(got["sigmoid"], 1 / (1 + np.exp(-x)), rtol=2e-7, atol=3e-38)
        np.testing.assert_allclose(got["softplus"], np.logaddexp(0, x), rtol=2e-7, atol=3e-38)
        np.testing.assert_allclose(got["elu"], np.where(x < 0, np.expm1(x), x), atol=1e-7)
    np.testing.assert_allclose(got["tanh"], np.tanh(x), atol=5e-7)
    np.testing.assert_array_equal(got["relu"], np.maximum(WILD[:, None], 0))
    inside = np.abs(x) < 1e9
    np.testing.assert_array_equal(got["back"][inside], np.trunc(x[inside]))


def test_not_a_number_comes_out_wherever_it_goes_in(bundle_of, run_c):
    names = ("Exp", "Tanh", "Sigmoid", "Softplus", "Elu", "Relu", "Sign", "LeakyRelu", "Abs")
    nodes = [node(name, ["x"], [name.lower()]) for name in names]
    nodes += [
        node("Clip", ["x", "low", "high"], ["clip"]),
        node("Max", ["x", "low"], ["first"]),
        node("Min", ["high", "x"], ["second"]),
        node("ReduceMax", ["x", "axis"], ["greatest"]),
        node("Softmax", ["x"], ["softmax"]),
    ]
    outputs = dict.fromkeys([*map(str.lower, names), "clip", "first", "second", "softmax"], (2,))
    constants = {"low": np.float32(-1), "high": np.float32(1), "axis": np.array([1])}
    bundle = bundle_of(nodes, {"x": [2]}, outputs | {"greatest": [1]}, constants)
    got = run_c(bundle, {"x": np.float32([[0.5, np.nan], [np.nan, 0.5]])})
    for name, values in got.items():
        both = values if name in ("greatest", "softmax") else np.diagonal(values[:, ::-1])
        assert np.isnan(both).all(), name


def test_two_tensors_are_broadcast_as_numpy_does(bundle_of, same):
    shapes = {"a": [3, 4], "b": [1, 4], "c": [3, 1]}
    pairs = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "row"), ("column", "b"), ("a", "number")]
    nodes, outputs = [], {}
    for name in ("Add", "Sub", "Mul", "Div", "Max", "Min"):
        for first, second in pairs:
            output = f"{name}_{first}_{second}".lower()
            nodes.append(node(name, [first, second], [output]))
            outputs[output] = [3, 4]
    constants = {
        "row": np.float32([1.0, 2.0, -3.0, 0.5]),
        "column": np.float32([[[1.0], [-2.0], [4.0]]]),
        "number": np.float32(1.5),
    }
    same(bundle_of(nodes, shapes, outputs, constants), tolerance=2e-5)


def test_powers_and_bounds(bundle_of, same):
    exponents = {"half": 0.5, "one": 1.0, "two": 2.0, "three": 3.0, "minus": -1.0, "odd": 1.7}
    nodes = [node("Abs", ["x"], ["size"]), node("Add", ["size", "shift"], ["base"])]
    nodes += [node("Pow", ["base", name], [f"power_{name}"]) for name in exponents]
    nodes += [
        node("Pow", ["base", "whole"], ["power_whole"]),
        node("Pow", ["two", "x"], ["power_of_two"]),
        node("Clip", ["x", "low"], ["clip_low"]),
        node("Clip", ["x", "", "high"], ["clip_high"]),
        node("Clip", ["x", "low", "high"], ["clip_both"]),
        node("Clip", ["x", "high", "low"], ["clip_crossed"]),
        node("Max", ["x", "low", "base"], ["max_three"]),
    ]
    constants = {name: np.float32(value) for name, value in exponents.items()}
    constants |= {"shift": np.float32(0.1), "low": np.float32(-0.5), "high": np.float32(0.7)}
    constants["whole"] = np.int64(2)
    names = [output for item in nodes for output in item.output if output not in ("size", "base")]
    same(bundle_of(nodes, {"x": [5]}, dict.fromkeys(names, (5,)), constants), tolerance=2e-5)


def test_truth_values_and_casts(bundle_of, same):
    nodes = [
        node("Greater", ["x", "y"], ["g"]),
        node("Less", ["x", "zero"], ["l"]),
        node("GreaterOrEqual", ["y", "zero"], ["ge"]),
        node("LessOrEqual", ["y", "x"], ["le"]),
        node("Not", ["g"], ["n"]),
        node("And", ["n", "l"], ["a"]),
        node("Or", ["a", "ge"], ["o"]),
        node("Xor", ["o", "le"], ["e"]),
        node("Equal", ["g", "le"], ["q"]),
        node("Where", ["e", "x", "y"], ["chosen"]),
        node("Where", ["q", "zero", "x"], ["masked"]),
        node("Cast", ["o"], ["as_float"], to=TensorProto.FLOAT),
        node("Cast", ["x"], ["whole"], to=TensorProto.INT64),
        node("Equal", ["whole", "whole_one"], ["is_one"]),
        node("Cast", ["is_one"], ["one_as_float"], to=TensorProto.FLOAT),
        node("Cast", ["whole"], ["whole_as_float"], to=TensorProto.FLOAT),
        node("Cast", ["whole"], ["whole_as_bool"], to=TensorProto.BOOL),
        node("Where", ["whole_as_bool", "y", "x"], ["nonzero"]),
        node("Cast", ["e"], ["as_whole"], to=TensorProto.INT32),
        node("Cast", ["as_whole"], ["and_back"], to=TensorProto.FLOAT),
        node("Where", ["pattern", "x", "y"], ["fixed"]),
    ]
    names = ("chosen", "masked", "as_float", "one_as_float", "whole_as_float", "nonzero",
             "and_back", "fixed")  # fmt: skip
    constants = {
        "zero": np.float32(0.0),
        "whole_one": np.int64(1),
        "pattern": np.array([True, False, True, False]),
    }
    same(bundle_of(nodes, {"x": [4], "y": [4]}, dict.fromkeys(names, (4,)), constants))


def test_older_forms_of_clip(bundle_of, same):
    nodes = [node("Clip", ["x"], ["y"], min=-0.5, max=0.25), node("Clip", ["x"], ["z"], max=0.5)]
    same(bundle_of(nodes, {"x": [4]}, {"y": [4], "z": [4]}, opset=9))


def test_numbers_of_other_types_are_refused(bundle_of, refused):
    nodes = [
        node("Cast", ["x"], ["d"], to=TensorProto.DOUBLE),
        node("Cast", ["d"], ["y"], to=TensorProto.FLOAT),
    ]
    with refused(expected="float32", got="double", fix="float32"):
        export_c(bundle_of(nodes, {"x": [2]}, {"y": [2]}))


def test_arithmetic_on_whole_numbers_is_refused(bundle_of, refused):
    nodes = [
        node("Cast", ["x"], ["n"], to=TensorProto.INT64),
        node("Add", ["n", "n"], ["m"]),
        node("Cast", ["m"], ["y"], to=TensorProto.FLOAT),
    ]
    with refused(what="Add", expected="float", got="integer", fix="cast"):
        export_c(bundle_of(nodes, {"x": [2]}, {"y": [2]}))


@pytest.mark.parametrize("operator", ["Einsum", "GRU", "Conv"])
def test_operators_that_it_does_not_have_are_named(operator, bundle_of, refused):
    nodes = {
        "Einsum": node("Einsum", ["x", "x"], ["y"], equation="bij,bij->bij"),
        "GRU": node("GRU", ["x", "w", "r"], ["", "y"], hidden_size=2),
        "Conv": node("Conv", ["x", "k"], ["y"]),
    }
    constants = {
        "w": np.zeros((1, 6, 2), np.float32),
        "r": np.zeros((1, 6, 2), np.float32),
        "k": np.zeros((2, 2, 1), np.float32),
    }
    bundle = bundle_of([nodes[operator]], {"x": [2, 2]}, {"y": [2, 2]}, constants)
    with refused(what=operator, expected="MatMul", got=operator, fix="ONNX Runtime"):
        export_c(bundle)
