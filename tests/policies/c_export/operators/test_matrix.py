import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper

node = helper.make_node
GENERATOR = np.random.default_rng(0)


def weight(*shape):
    return GENERATOR.normal(0.0, 0.5, shape).astype(np.float32)


def test_layers_with_constant_weights(bundle_of, same):
    nodes = [
        node("Gemm", ["x", "w", "b"], ["plain"]),
        node("Gemm", ["x", "wt", "row"], ["turned"], transB=1, alpha=0.5, beta=2.0),
        node("Gemm", ["x", "w"], ["bare"]),
        node("Gemm", ["x", "w", "plain"], ["chained"], beta=0.25),
        node("MatMul", ["x", "w"], ["product"]),
        node("MatMul", ["rows", "w"], ["row_products"]),
        node("Slice", ["rows", "zero", "one", "axis"], ["first_row"]),
        node("MatMul", ["first_row", "w"], ["part"]),
        node("MatMul", ["w_left", "column"], ["constant_left"]),
        node("Tanh", ["x"], ["h"]),
        node("Gemm", ["h", "w", "number"], ["after_activation"]),
    ]
    outputs = {
        "plain": [7], "turned": [7], "bare": [7], "chained": [7], "product": [7],
        "row_products": [3, 7], "part": [1, 7], "constant_left": [6, 2], "after_activation": [7],
    }  # fmt: skip
    constants = {
        "w": weight(5, 7), "wt": weight(7, 5), "b": weight(7), "row": weight(1, 7),
        "number": np.float32(0.5), "w_left": weight(1, 6, 4),
        "zero": np.array([1]), "one": np.array([2]), "axis": np.array([1]),
    }  # fmt: skip
    inputs = {"x": [5], "rows": [3, 5], "column": [4, 2]}
    same(bundle_of(nodes, inputs, outputs, constants))


def test_products_of_computed_tensors(bundle_of, same):
    nodes = [
        node("MatMul", ["a", "b"], ["ab"]),
        node("Transpose", ["b"], ["bt"], perm=[0, 1, 3, 2]),
        node("Transpose", ["a"], ["at"], perm=[0, 1, 3, 2]),
        node("MatMul", ["bt", "at"], ["turned"]),
        node("Sigmoid", ["a"], ["g"]),
        node("MatMul", ["g", "shared"], ["broadcast"]),
        node("Squeeze", ["v", "zero"], ["vector"]),
        node("MatMul", ["a", "vector"], ["by_vector"]),
        node("Reshape", ["a", "two_rows"], ["flat"]),
        node("Gemm", ["flat", "flat", "square"], ["gram"], transB=1, alpha=0.5, beta=3.0),
        node("Reshape", ["gram", "back"], ["gram_out"]),
    ]
    outputs = {
        "ab": [2, 3, 5], "turned": [2, 5, 3], "broadcast": [2, 3, 2], "by_vector": [2, 3],
        "gram_out": [4],
    }  # fmt: skip
    constants = {
        "shared": weight(1, 1, 4, 2), "zero": np.array([0]), "two_rows": np.array([2, 12]),
        "square": weight(2, 2), "back": np.array([1, 4]),
    }  # fmt: skip
    inputs = {"a": [2, 3, 4], "b": [2, 4, 5], "v": [4]}
    same(bundle_of(nodes, inputs, outputs, constants), tolerance=2e-5)


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.data())
def test_any_sizes_are_multiplied(same, bundle_of, inner, columns, rows, data):
    left = data.draw(st.sampled_from([[inner], [rows, inner], [2, rows, inner]]))
    nodes = [node("MatMul", ["x", "w"], ["h"]), node("Elu", ["h"], ["y"])]
    bundle = bundle_of(
        nodes, {"x": left}, {"y": [*left[:-1], columns]}, {"w": weight(inner, columns)}
    )
    same(bundle, tolerance=2e-5)
