from dataclasses import replace

import numpy as np
import pytest

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.distance_field import POINTS
from untether_hardware.swarm.observation import observe
from untether_hardware.swarm.state import SwarmState
from untether_hardware.swarm.tensor_map import SwarmTensorMap, TensorMapError
from untether_policies.contract import TensorSpec

ROTORS = ("m1", "m2", "m3", "m4")
NAMES = tuple(f"n{rank}_{axis}" for rank in (1, 2) for axis in "xyz")
NEIGHBOUR_POSITION = TensorSpec(
    "neighbour_position", "custom/neighbour/position", NAMES, (2, 3), "m", "map", 0.1
)
NEIGHBOUR_VELOCITY = TensorSpec(
    "neighbour_velocity", "custom/neighbour/linear_velocity", NAMES, (2, 3), "m/s", "map", 0.1
)
DISTANCE = TensorSpec(
    "obstacle_distance", "custom/obstacle/distance", POINTS, (9,), "m", "map", 0.1
)
COLUMN_POSITION = TensorSpec(
    "obstacle_position",
    "custom/obstacle/position",
    ("o1_x", "o1_y", "o2_x", "o2_y"),
    (2, 2),
    "m",
    "map",
    0.1,
)
COLUMN_RADIUS = TensorSpec(
    "obstacle_radius", "custom/obstacle/radius", ("o2", "o1"), (2,), "m", "map", 0.1
)
SWARM = {
    "neighbour_position": NEIGHBOUR_POSITION,
    "neighbour_velocity": NEIGHBOUR_VELOCITY,
    "obstacle_distance": DISTANCE,
}


@pytest.fixture
def build(crazyflie_contract, python_policy):
    def make(drones=3, batch=None, **changes):
        specs = {name: replace(spec, **changes.pop(name, {})) for name, spec in SWARM.items()}
        policy = python_policy(crazyflie_contract(**specs, **changes), None, batch or drones)
        tensors = SwarmTensorMap(
            policy.contract, policy.inputs, policy.outputs, rotor_names=ROTORS, drones=drones
        )
        return policy, tensors

    return make


@pytest.fixture(scope="module")
def observation():
    generator = np.random.default_rng(4)
    state = SwarmState(0.0, *(generator.standard_normal((3, size)) for size in (3, 4, 3, 3)))
    columns = Columns.sample(0.2, 0.6, generator)
    return observe(state, generator.standard_normal((3, 3)), columns, 2, 2)


def test_everything_arrives_under_its_name(build, observation):
    policy, tensors = build()
    tensors.write(observation)
    values = policy.inputs
    assert tensors.neighbours == 2
    assert values["position"] == pytest.approx(observation.state.position, rel=1e-6)
    assert values["orientation"] == pytest.approx(observation.state.orientation, rel=1e-6)
    assert values["linear_velocity"] == pytest.approx(observation.state.linear_velocity, rel=1e-6)
    assert values["angular_velocity"] == pytest.approx(observation.state.angular_velocity, rel=1e-6)
    assert values["goal_position"] == pytest.approx(observation.goal, rel=1e-6)
    assert values["neighbour_position"] == pytest.approx(observation.neighbour_position, rel=1e-6)
    assert values["neighbour_velocity"] == pytest.approx(observation.neighbour_velocity, rel=1e-6)
    assert values["obstacle_distance"] == pytest.approx(observation.obstacle_distance, rel=1e-6)


def test_elements_come_in_the_order_of_the_contract(build, observation):
    policy, tensors = build(
        orientation={"elements": ("w", "x", "y", "z"), "quaternion_order": "wxyz"},
        neighbour_position={"elements": NAMES[::-1]},
        obstacle_distance={"elements": POINTS[::-1]},
        position={"elements": ("z",), "shape": (1,)},
    )
    tensors.write(observation)
    orientation = np.roll(observation.state.orientation, 1, axis=1)
    assert policy.inputs["orientation"] == pytest.approx(orientation, rel=1e-6)
    reversed_position = observation.neighbour_position.reshape(3, 6)[:, ::-1]
    assert policy.inputs["neighbour_position"].reshape(3, 6) == pytest.approx(
        reversed_position, rel=1e-6
    )
    distance = observation.obstacle_distance[:, ::-1]
    assert policy.inputs["obstacle_distance"] == pytest.approx(distance, rel=1e-6)
    assert policy.inputs["position"] == pytest.approx(observation.state.position[:, 2:], rel=1e-6)


def test_columns_arrive_one_by_one(crazyflie_contract, python_policy, observation):
    specs = {spec.name: spec for spec in (COLUMN_POSITION, COLUMN_RADIUS)}
    policy = python_policy(crazyflie_contract(**specs), None, 3)
    tensors = SwarmTensorMap(
        policy.contract, policy.inputs, policy.outputs, rotor_names=ROTORS, drones=3
    )
    tensors.write(observation)
    assert (tensors.neighbours, tensors.obstacles) == (0, 2)
    place, radius = policy.inputs["obstacle_position"], policy.inputs["obstacle_radius"]
    assert place == pytest.approx(observation.obstacle_position, rel=1e-6)
    assert radius == pytest.approx(observation.obstacle_radius[:, ::-1], rel=1e-6)


def test_thrusts_are_read_in_the_order_of_the_robot(build):
    policy, tensors = build(rotor_thrust={"elements": ("m4", "m2", "m1", "m3")})
    policy.outputs["rotor_thrust"][:] = (0.04, 0.02, 0.01, 0.03)
    assert tensors.read() == pytest.approx(np.tile((0.01, 0.02, 0.03, 0.04), (3, 1)))


def test_a_policy_of_a_lone_drone_is_mapped_for_all(crazyflie_contract, python_policy, observation):
    policy = python_policy(crazyflie_contract(), None, 3)
    tensors = SwarmTensorMap(
        policy.contract, policy.inputs, policy.outputs, rotor_names=ROTORS, drones=3
    )
    tensors.write(observation)
    assert tensors.neighbours == 0
    assert policy.inputs["position"] == pytest.approx(observation.state.position, rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"neighbour_position": {"frame": "base_link"}}, "frame map.*got base_link"),
        ({"neighbour_position": {"unit": "1"}}, "unit m.*got 1"),
        ({"neighbour_velocity": {"unit": "m"}}, "unit m/s.*got m"),
        ({"neighbour_position": {"shape": (6,)}}, "shape .neighbours, 3.*got shape .6"),
        ({"neighbour_position": {"elements": ("n0_x", *NAMES[1:])}}, "n1_x.*got n0_x"),
        ({"obstacle_distance": {"elements": ()}}, "a name for each of its 9 values.*got 0"),
        ({"obstacle_distance": {"elements": tuple("abcdefghi")}}, "xm_ym.*got a"),
        ({"linear_velocity": {"frame": "base_link"}}, "frame map.*got base_link"),
        ({"neighbour_position": {"kind": "custom/ant/position"}}, "a kind that.*custom/ant"),
        ({"rotor_thrust": {"elements": ("m1", "m2", "m3", "m5")}}, "m1, m2, m3, m4.*got.*m5"),
        ({"batch": 4}, "3 rows.*got 4 rows"),
        ({"batch": 2}, "a row 2.*got shape .2"),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_a_fix(build, changes, message):
    with pytest.raises(TensorMapError, match=f"(?s){message}.*[Ff]ix: "):
        build(**changes)
