import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.processor_time import count_references

from untether_hardware.setpoint import Setpoint
from untether_hardware.state import BodyState
from untether_hardware.tensor_map import TensorMap, TensorMapError
from untether_policies.contract import TensorSpec

XYZ = ("x", "y", "z")
ROTORS = ("m1", "m2", "m3", "m4")
LEFT = (0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5))  # turned 90 degrees to the left about z
STATE = BodyState(0.0, (1.0, 2.0, 3.0), LEFT, (4.0, 5.0, 6.0), (0.1, 0.2, 0.3))
GOAL = Setpoint((1.0, 4.0, 3.5), (0.5, 0.6, 0.7))


@pytest.fixture
def make(crazyflie_contract, python_policy):
    def build(batch=1, index=0, **changes):
        policy = python_policy(crazyflie_contract(**changes), None, batch)
        tensors = TensorMap(
            policy.contract, policy.inputs, policy.outputs, rotor_names=ROTORS, index=index
        )
        return policy, tensors

    return build


def written(make, state=STATE, goal=GOAL, **changes):
    policy, tensors = make(**changes)
    tensors.write(state, goal)
    return {name: array[0].tolist() for name, array in policy.inputs.items()}


def test_state_and_goal_arrive_under_their_names(make):
    values = written(make)
    assert values["position"] == [1, 2, 3]
    assert values["orientation"] == pytest.approx(LEFT)
    assert values["linear_velocity"] == [4, 5, 6]
    assert values["angular_velocity"] == pytest.approx([0.1, 0.2, 0.3])
    assert values["goal_position"] == [1, 4, 3.5]


def test_quaternion_comes_in_the_order_of_the_contract(make):
    order = {"elements": ("w", "x", "y", "z"), "quaternion_order": "wxyz"}
    assert written(make, orientation=order)["orientation"] == pytest.approx([LEFT[3], *LEFT[:3]])


def test_vectors_come_in_the_frame_of_the_contract(make):
    values = written(
        make,
        linear_velocity={"frame": "base_link"},
        angular_velocity={"frame": "map"},
        goal_position={"frame": "base_link"},
    )
    assert values["linear_velocity"] == pytest.approx([5, -4, 6], abs=1e-6)
    assert values["angular_velocity"] == pytest.approx([-0.2, 0.1, 0.3], abs=1e-6)
    assert values["goal_position"] == pytest.approx([2, 0, 0.5], abs=1e-6)  # ahead and above


def test_some_elements_are_enough(make):
    assert written(make, position={"elements": ("z",), "shape": (1,)})["position"] == [3]


def test_further_kinds_are_mapped(make):
    velocity = TensorSpec("goal_velocity", "command/body/linear_velocity", XYZ, (3,), "m/s", "map")
    down = TensorSpec("down", "state/body/gravity_direction", XYZ, (3,), "1", "base_link", 0.1)
    tilted = BodyState(0.0, (0, 0, 0), (0.0, math.sqrt(0.5), 0.0, math.sqrt(0.5)), (0, 0, 0),
                       (0, 0, 0))  # fmt: skip
    values = written(make, state=tilted, goal_velocity=velocity, down=down)
    assert values["goal_velocity"] == pytest.approx([0.5, 0.6, 0.7])
    assert values["down"] == pytest.approx([1, 0, 0], abs=1e-6)  # the nose points down


@given(
    q=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1),
    v=st.tuples(*[st.floats(-10, 10)] * 3),
)
def test_body_frame_keeps_length_and_turns_back(make_once, q, v):
    x, y, z, w = (np.asarray(q) / np.linalg.norm(q)).tolist()
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    policy, tensors = make_once
    tensors.write(BodyState(0.0, (0, 0, 0), (x, y, z, w), v, v), GOAL)
    assert policy.inputs["linear_velocity"][0] == pytest.approx(rotation.T @ v, abs=1e-4)
    assert policy.inputs["angular_velocity"][0] == pytest.approx(rotation @ v, abs=1e-4)


@pytest.fixture(scope="module")
def make_once(crazyflie_contract, python_policy):
    contract = crazyflie_contract(
        linear_velocity={"frame": "base_link"}, angular_velocity={"frame": "map"}
    )
    policy = python_policy(contract, None)
    return policy, TensorMap(contract, policy.inputs, policy.outputs, rotor_names=ROTORS)


def test_thrusts_are_read_in_the_order_of_the_robot(make):
    policy, tensors = make(rotor_thrust={"elements": ("m4", "m2", "m1", "m3")})
    policy.outputs["rotor_thrust"][0] = (0.04, 0.02, 0.01, 0.03)
    assert tensors.read() == pytest.approx((0.01, 0.02, 0.03, 0.04))


def test_only_the_row_of_the_robot_is_touched(make):
    policy, tensors = make(batch=3, index=1)
    tensors.write(STATE, GOAL)
    policy.outputs["rotor_thrust"][:] = [[1] * 4, [2] * 4, [3] * 4]
    assert policy.inputs["position"].tolist() == [[0, 0, 0], [1, 2, 3], [0, 0, 0]]
    assert tensors.read() == (2, 2, 2, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"position": {"frame": "odom"}}, "frame map.*got odom"),
        (
            {"depth": TensorSpec("depth", "state/camera/depth", (), (2, 2), "m", "camera", 0.1)},
            "a kind that this robot.*got state/camera/depth",
        ),
        ({"rotor_thrust": {"elements": ("m1", "m2", "m3", "m5")}}, "m1, m2, m3, m4.*got.*m5"),
        (
            {"rotor_thrust": {"kind": "command/rotor/speed", "unit": "rad/s"}},
            "command/rotor/thrust.*got command/rotor/speed",
        ),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_a_fix(make, changes, message):
    with pytest.raises(TensorMapError, match=f"(?s){message}.*Fix: "):
        make(**changes)


def test_arrays_of_another_policy_are_refused(crazyflie_contract, python_policy):
    contract = crazyflie_contract()
    policy = python_policy(contract, None)
    missing = {name: array for name, array in policy.inputs.items() if name != "position"}
    transposed = {**policy.inputs, "position": np.zeros((3, 2), np.float32).T}
    for inputs, index in ((missing, 0), (policy.inputs, 1), (transposed, 3)):
        with pytest.raises(TensorMapError, match=r"position.*expected.*Fix: "):
            TensorMap(contract, inputs, policy.outputs, rotor_names=ROTORS, index=index)


def test_mapping_takes_a_fraction_of_the_control_period(make):
    _, tensors = make()

    def map_both_ways():
        tensors.write(STATE, GOAL)
        tensors.read()

    assert count_references(map_both_ways, 200) < 5
