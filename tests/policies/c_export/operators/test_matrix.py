import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper

from untether_policies.c_export.exporting import export_c

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


def test_small_whole_numbers_are_stored_in_bytes(bundle_of, same, sample_inputs, with_fixture):
    generator = np.random.default_rng(1)
    constants = {
        "stencil": generator.integers(-127, 128, (12, 5)).astype(np.float32) / 4,
        "large": generator.integers(-128, 129, (12, 5)).astype(np.float32),
        "odd": generator.integers(-9, 9, (12, 5)).astype(np.float32) / 3,
    }
    constants["large"][0, 0] = 128.0
    nodes = [node("MatMul", ["x", name], [f"by_{name}"]) for name in constants]
    bundle = bundle_of(nodes, {"x": [12]}, {f"by_{name}": [5] for name in constants}, constants)
    whole = {"x": np.round(sample_inputs(bundle, 50, scale=5.0)["x"])}
    same(bundle, whole, tolerance=1e-4)  # sums of whole numbers are exact
    source = export_c(with_fixture(bundle)).files["test.c"]
    assert "static const int8_t data_stencil[60]" in source
    assert "static const float data_large[60]" in source
    assert "static const float data_odd[60]" in source
    assert export_c(with_fixture(bundle)).weight_bytes == 60 + 2 * 240


def test_rows_times_a_computed_matrix(bundle_of, same, with_fixture):
    nodes = [
        node("Slice", ["wide", "two", "seven", "axis"], ["part"]),
        node("MatMul", ["rows", "part"], ["product"]),
        node("Transpose", ["part"], ["turned"], perm=[0, 2, 1]),
        node("MatMul", ["product", "turned"], ["back"]),
        node("MatMul", ["stack", "part"], ["for_each"]),
        node("Transpose", ["tall"], ["lying"], perm=[0, 2, 1]),
        node("MatMul", ["lying", "part"], ["of_columns"]),
    ]
    constants = {"two": np.array([2]), "seven": np.array([7]), "axis": np.array([2])}
    inputs = {"wide": [4, 9], "rows": [3, 4], "stack": [1, 4], "tall": [4, 3]}
    outputs = {"product": [3, 5], "back": [3, 4], "for_each": [1, 5], "of_columns": [3, 5]}
    bundle = bundle_of(nodes, inputs, outputs, constants)
    same(bundle)
    source = export_c(with_fixture(bundle)).files["test.c"]
    assert "multiply(outputs->product, inputs->rows, inputs->wide + 2, 3, 4, 5, 9);" in source
