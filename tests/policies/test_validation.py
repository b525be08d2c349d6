from dataclasses import replace

import pytest

from untether_policies.contract import CarrySpec, EnvelopeSpec, TensorSpec
from untether_policies.errors import ContractError

ROTATION = TensorSpec(
    "orientation", "state/body/rotation", ("x", "y", "z", "w"), (4,), "1", "map", 0.1,
    quaternion_order="xyzw",
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "what", "expected", "got"),
    [
        ({"name": "../up"}, "name", "letters", "'../up'"),
        ({"robot": ""}, "robot", "letters", "''"),
        ({"rate": 0.0}, "rate", "above 0", "0.0"),
        ({"rate": float("inf")}, "rate", "10000", "inf"),
        ({"inputs": ()}, "inputs", "at least one", "none"),
        ({"outputs": ()}, "outputs", "at least one", "none"),
        ({"provenance": {"x": float("nan")}}, "provenance: x", "finite", "nan"),
        ({"provenance": {"x": 10**20}}, "provenance: x", "19 digits", "more"),
        ({"provenance": {"a b": 1}}, "provenance", "letters", "'a b'"),
        ({"files": {"../x": "0" * 64}}, "files", "plain file name", "'../x'"),
        ({"files": {"x": "ABC"}}, "files: x", "SHA-256", "'ABC'"),
        ({"envelope": {"height": EnvelopeSpec([0], [1], [2])}}, "envelope", "input", "'height'"),
        ({"envelope": {"position": EnvelopeSpec([0], [1], [2])}}, "lower", "3 numbers", "1"),
        (
            {"envelope": {"position": EnvelopeSpec([2] * 3, [1] * 3, [0] * 3)}},
            "envelope: position", "lower <= median <= upper", "2.0",
        ),
        ({"carry": (CarrySpec("a", (2,), [1e39, 0]),)}, "initial", "32-bit", "1e+39"),
        ({"carry": (CarrySpec("a", (2,), [0]),)}, "initial", "2 numbers", "1"),
        ({"carry": (CarrySpec("a", (0,), []),)}, "shape", "positive", "[0]"),
        ({"carry": (CarrySpec("A", (1,), [0]),)}, "name", "lower-case", "'A'"),
        ({"carry": (CarrySpec("position", (1,), [0]),)}, "input names", "once", "'position'"),
        (
            {"carry": (CarrySpec("b", (1,), [0]), CarrySpec("b_next", (1,), [0]))},
            "names", "different names", "b_next",
        ),
    ],
)  # fmt: skip
def test_broken_contract_is_refused(contract, change, what, expected, got, refused):
    with refused(ContractError, what=what, expected=expected, got=got):
        replace(contract, **change)


@pytest.mark.parametrize(
    ("change", "what", "expected", "got"),
    [
        ({"kind": "state/body/positon"}, "kind", "vocabulary", "positon"),
        ({"unit": "cm"}, "unit", "'m'", "'cm'"),
        ({"frame": "base_link"}, "frame", "'map' or 'odom'", "'base_link'"),
        ({"elements": ("x", "y")}, "elements", "3 names", "2"),
        ({"elements": ("x", "y", "y")}, "elements", "once", "'y'"),
        ({"elements": ("z", "y", "x")}, "elements", "in that order", "['z', 'y', 'x']"),
        ({"elements": ("x", "y", "\n")}, "elements", "letters", "\\n"),
        ({"elements": ()}, "elements", "3 names", "0"),
        ({"shape": ()}, "shape", "1 to 6", "[]"),
        ({"shape": (3, 1 << 30)}, "shape", "values", "1073741824"),
        ({"max_age": None}, "max_age", "state/body/position", "none"),
        ({"max_age": -0.1}, "max_age", "above 0", "-0.1"),
        ({"lower": (0.0,) * 3}, "position", "no limits", "lower"),
        ({"quaternion_order": "xyzw"}, "quaternion_order", "none", "one"),
    ],
)
def test_broken_input_is_refused(contract, change, what, expected, got, refused):
    with refused(ContractError, what=what, expected=expected, got=got):
        replace(contract, inputs=(replace(contract.inputs[0], **change), contract.inputs[1]))


@pytest.mark.parametrize(
    ("change", "what", "expected", "got"),
    [
        ({"kind": "state/rotor/speed", "unit": "rad/s"}, "kind", "command/", "state/rotor"),
        ({"max_age": 0.1}, "max_age", "none on an output", "0.1"),
        ({"lower": None}, "rotor_thrust", "lower and upper", "none"),
        ({"upper": (1.0,)}, "upper", "2 numbers", "1"),
        ({"upper": (1.0, -1.0)}, "limits of m2", "lower < upper", "-1.0"),
        ({"lower": (float("-inf"), 0.0)}, "lower", "finite", "-inf"),
        ({"kind": "custom/x", "elements": ()}, "elements", "names", "none"),
    ],
)
def test_broken_output_is_refused(contract, change, what, expected, got, refused):
    with refused(ContractError, what=what, expected=expected, got=got):
        replace(contract, outputs=(replace(contract.outputs[0], **change),))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"quaternion_order": None}, "quaternion_order"),
        ({"quaternion_order": "wzyx"}, "quaternion_order"),
        ({"quaternion_order": "wxyz"}, "elements"),
        ({"elements": ("w", "x", "y", "z")}, "elements"),
    ],
)
def test_quaternion_must_name_the_order_of_its_elements(contract, change, what, refused):
    replace(contract, inputs=(ROTATION,))
    with refused(ContractError, what=what, expected="w"):
        replace(contract, inputs=(replace(ROTATION, **change),))


def test_planar_velocity_may_leave_out_an_axis(contract):
    spec = TensorSpec(
        "velocity", "command/body/linear_velocity", ("x", "y"), (2,), "m/s", "base_link"
    )
    assert replace(contract, inputs=(spec,)).input("velocity").size == 2


def test_grid_needs_no_element_names(contract):
    spec = TensorSpec("image", "state/camera/image", (), (8, 8, 3), "1", "camera", 0.2)
    seen = EnvelopeSpec((0.0,), (0.5,), (1.0,))
    built = replace(contract, inputs=(spec,), envelope={"image": seen})
    assert built.input("image").size == 192
