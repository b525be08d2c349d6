import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper

from untether_policies.c_export.exporting import export_c

node = helper.make_node


def integers(*values):
    return np.array(values, np.int64)


def test_shapes_and_orders(bundle_of, same):
    nodes = [
        node("Reshape", ["x", "six_four"], ["r"]),
        node("Flatten", ["x"], ["flat"], axis=2),
        node("Flatten", ["flat"], ["flatter"], axis=1),
        node("Unsqueeze", ["x", "one"], ["u"]),
        node("Squeeze", ["u", "one"], ["squeezed"]),
        node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
        node("Reshape", ["t", "flat_shape"], ["turned"]),
        node("Tanh", ["x"], ["h"]),
        node("Transpose", ["h"], ["ht"], perm=[0, 2, 1, 3]),
        node("Reshape", ["ht", "flat_shape"], ["computed_turned"]),
        node("Expand", ["column", "wide"], ["e"]),
        node("Mul", ["e", "x"], ["expanded"]),
        node("Reshape", ["x", "zero_minus"], ["kept"], allowzero=0),
    ]
    outputs = {
        "r": [6, 4], "flatter": [24], "squeezed": [2, 3, 4], "turned": [24],
        "computed_turned": [24], "expanded": [2, 3, 4], "kept": [2, 12],
    }  # fmt: skip
    # Flatten at axis 2 joins the batch with what follows, which the contract forbids at the end.
    nodes[2] = node("Reshape", ["flat", "flat_shape"], ["flatter"])
    constants = {
        "six_four": integers(-1, 6, 4),
        "flat_shape": integers(-1, 24),
        "zero_minus": integers(0, 2, -1),
        "one": integers(1),
        "wide": integers(1, 2, 3, 4),
    }
    inputs = {"x": [2, 3, 4], "column": [2, 1, 4]}
    same(bundle_of(nodes, inputs, outputs, constants))


def test_parts_are_taken_and_joined(bundle_of, same):
    nodes = [
        node("Slice", ["x", "from", "to", "axes", "steps"], ["s"]),
        node("Slice", ["x", "last", "before", "axis", "back"], ["reversed"]),
        node("Slice", ["x", "early", "before", "axis", "back"], ["first"]),
        node("Gather", ["x", "scalar"], ["row"], axis=1),
        node("Gather", ["x", "mixed"], ["picked"], axis=2),
        node("Gather", ["x", "regular"], ["every_other"], axis=2),
        node("Split", ["x", "sizes"], ["a", "b"], axis=2),
        node("Split", ["x"], ["c", "d", "e"], axis=2, num_outputs=3),
        node("Sigmoid", ["b"], ["g"]),
        node("Concat", ["g", "a"], ["joined"], axis=-1),
        node("Concat", ["c", "e", "d"], ["chunks"], axis=2),
        node("Concat", ["x", "fixed"], ["with_constant"], axis=1),
    ]
    outputs = {
        "s": [2, 2], "reversed": [3, 5], "row": [5], "picked": [3, 4], "every_other": [3, 3],
        "first": [3, 1], "joined": [3, 5], "chunks": [3, 5], "with_constant": [4, 5],
    }  # fmt: skip
    constants = {
        "from": integers(1, -4), "to": integers(9, 2**63 - 1), "axes": integers(1, 2),
        "steps": integers(1, 2), "early": integers(-9), "last": integers(-1),
        "before": integers(-(2**63)),
        "axis": integers(2), "back": integers(-1), "scalar": np.int64(-1),
        "mixed": integers(3, 0, 1, -1), "regular": integers(0, 2, 4), "sizes": integers(2, 3),
        "fixed": np.float32([[[1, 2, 3, 4, 5]]]),
    }  # fmt: skip
    same(bundle_of(nodes, {"x": [3, 5]}, outputs, constants))


def test_older_forms_take_their_axes_from_attributes(bundle_of, same):
    nodes = [
        node("Unsqueeze", ["x"], ["u"], axes=[1]),
        node("Squeeze", ["u"], ["v"], axes=[1]),
        node("Split", ["v"], ["a", "b"], axis=1, split=[1, 3]),
        node("Slice", ["b", "from", "to"], ["w"]),
        node("Concat", ["a", "w"], ["y"], axis=1),
    ]
    constants = {"from": integers(0, 1), "to": integers(1, 3)}
    same(bundle_of(nodes, {"x": [4]}, {"y": [3]}, constants, opset=11))


def test_shapes_that_the_graph_computes_are_folded(bundle_of, same):
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "zero"], ["batch"]),
        node("Concat", ["batch", "minus"], ["target"], axis=0),
        node("Reshape", ["x", "target"], ["y"]),
        node("Shape", ["x"], ["tail"], start=1),
        node("ConstantOfShape", ["tail"], ["ones"], value=helper.make_tensor("v", 1, [1], [1.0])),
        node("Add", ["x", "ones"], ["z"]),
        node("Size", ["y"], ["size"]),
        node("Cast", ["size"], ["count"], to=1),
        node("Div", ["y", "count"], ["mean"]),
    ]
    outputs = {"y": [6], "z": [2, 3], "mean": [6]}
    constants = {"zero": integers(0), "minus": integers(-1)}
    same(bundle_of(nodes, {"x": [2, 3]}, outputs, constants))


def test_indices_known_only_at_run_time_are_refused(bundle_of, refused):
    nodes = [
        node("Cast", ["i"], ["whole"], to=7),
        node("GatherElements", ["x", "whole"], ["y"], axis=1),
    ]
    with refused(what="GatherElements", got="GatherElements"):
        export_c(bundle_of(nodes, {"x": [4], "i": [2]}, {"y": [2]}))
    nodes[1] = node("Gather", ["table", "whole"], ["y"], axis=0)
    bundle = bundle_of(nodes, {"i": [2]}, {"y": [2]}, {"table": np.float32([1, 2, 3])})
    with refused(what="Gather", expected="constant", got="run time", fix="constants"):
        export_c(bundle)


def test_shapes_that_depend_on_values_are_refused(bundle_of, refused):
    nodes = [node("NonZero", ["x"], ["n"]), node("Cast", ["n"], ["y"], to=1)]
    with refused(what="NonZero", expected="known at export", fix="constants"):
        export_c(bundle_of(nodes, {"x": [4]}, {"y": [4]}))


@st.composite
def movements(draw):
    """A chain of operators that only move elements, and the same in numpy's shapes."""
    shape = [1, *draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))]
    first, nodes, constants, name = list(shape[1:]), [], {}, "x"
    for step in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["reshape", "transpose", "slice", "gather", "expand", "tanh"]))
        axis = draw(st.integers(1, len(shape) - 1))
        target, argument = f"v{step}", f"c{step}"
        if kind == "reshape":
            sizes = shape[1:]
            draw(st.randoms()).shuffle(sizes)
            shape = [1, *sizes]
            constants[argument] = integers(-1, *sizes)
            nodes.append(node("Reshape", [name, argument], [target]))
        elif kind == "transpose":
            order = draw(st.permutations(range(1, len(shape))))
            shape = [1, *(shape[i] for i in order)]
            nodes.append(node("Transpose", [name], [target], perm=[0, *order]))
        elif kind == "slice":
            start = draw(st.integers(0, shape[axis] - 1))
            shape[axis] -= start
            constants[argument], constants[f"{argument}_end"] = integers(start), integers(99)
            constants[f"{argument}_axis"] = integers(axis)
            inputs = [name, argument, f"{argument}_end", f"{argument}_axis"]
            nodes.append(node("Slice", inputs, [target]))
        elif kind == "gather":
            limit = shape[axis] - 1
            picked = draw(st.lists(st.integers(0, limit), min_size=1, max_size=4))
            shape[axis] = len(picked)
            constants[argument] = integers(*picked)
            nodes.append(node("Gather", [name, argument], [target], axis=axis))
        elif kind == "expand" and 1 in shape[1:]:
            shape = [1, *(2 if size == 1 else size for size in shape[1:])]
            constants[argument] = integers(*shape)
            nodes.append(node("Expand", [name, argument], [target]))
        else:
            nodes.append(node("Tanh", [name], [target]))
        name = target
    nodes.append(node("Add", [name, name], ["y"]))
    return nodes, first, shape[1:], constants


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(movements())
def test_any_chain_of_movements_moves_as_onnx_says(same, bundle_of, chain):
    nodes, first, last, constants = chain
    same(bundle_of(nodes, {"x": first}, {"y": last}, constants))


def test_parts_of_parts_are_computed_in_their_place(bundle_of, same):
    nodes = [
        node("Mul", ["x", "x"], ["square"]),
        node("Add", ["square", "square"], ["twice"]),
        node("Softmax", ["x"], ["shares"]),
        node("ReduceSum", ["square", "axis"], ["total"]),
        node("Concat", ["shares", "twice"], ["inner"], axis=1),
        node("Concat", ["x", "inner", "total", "inner"], ["outer"], axis=1),
        node("Tanh", ["outer"], ["y"]),
        node("Sub", ["twice", "shares"], ["z"]),
    ]
    constants = {"axis": np.array([1])}
    same(bundle_of(nodes, {"x": [3]}, {"y": [16], "z": [3]}, constants))
