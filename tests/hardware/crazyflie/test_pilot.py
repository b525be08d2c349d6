import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from untether_hardware.crazyflie.course import Tour, Track
from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.flight_statistics import summarize_flight
from untether_hardware.crazyflie.pilot import fly
from untether_hardware.crazyflie.simulator import SimulatedCrazyflie, SimulatedCrazyflieConfig
from untether_hardware.setpoint import Setpoint
from untether_hardware.state import BodyState
from untether_hardware.tensor_map import TensorMapError
from untether_policies.bundle import write_bundle
from untether_policies.fixture import record_fixture
from untether_policies.policy import Policy


@pytest.fixture
def make_policy(crazyflie_contract, python_policy, controller):
    def build(**changes):
        def compute(inputs, outputs):
            values = {name: array[0].tolist() for name, array in inputs.items()}
            state = BodyState(
                0.0,
                values["position"],
                values["orientation"],
                values["linear_velocity"],
                values["angular_velocity"],
            )
            goal = Setpoint(values["goal_position"])
            outputs["rotor_thrust"][0] = controller(state, goal)

        return python_policy(crazyflie_contract(**changes), compute)

    return build


def test_policy_flies_a_tour(make_policy):
    policy = make_policy()
    tour = Tour([(0.0, 0.0, 1.0), (0.5, 0.3, 1.2)])
    flight = fly(policy, SimulatedCrazyflie(seed=1), tour)
    statistics = summarize_flight(flight)
    assert statistics.reached == 2
    assert tour.reached == [True, True]
    assert flight.name == "test-policy"
    assert np.diff(flight.time) == pytest.approx(0.01)
    assert policy.resets == [0]
    assert set(flight.mode.tolist()) == {2}


@pytest.fixture
def altitude_policy(crazyflie_contract, tmp_path):
    """A real bundle: all rotors get hover + 0.03 (goal - position) - 0.03 velocity, along z."""

    def value(name, size):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])

    contract = crazyflie_contract()
    gain = np.zeros((3, 4), np.float32)
    gain[2] = 0.03
    weights = {"gain": gain, "hover": np.float32([CRAZYFLIE.hover_rotor_thrust])}
    unused = ("orientation", "angular_velocity")  # a graph has to use all of its inputs
    weights |= {
        name: np.zeros((size, 4), np.float32) for name, size in zip(unused, (4, 3), strict=True)
    }
    nodes = [
        helper.make_node("Sub", ["goal_position", "position"], ["error"]),
        helper.make_node("Sub", ["error", "linear_velocity"], ["wanted"]),
        helper.make_node("MatMul", ["wanted", "gain"], ["change"]),
        helper.make_node("Add", ["change", "hover"], ["sum_0"]),
    ]
    for number, name in enumerate(unused):
        nodes.append(helper.make_node("MatMul", [name, f"w_{name}"], [f"zero_{name}"]))
        nodes.append(
            helper.make_node("Add", [f"sum_{number}", f"zero_{name}"], [f"sum_{number + 1}"])
        )
    nodes.append(helper.make_node("Clip", ["sum_2", "lower", "upper"], ["rotor_thrust"]))
    weights |= {"lower": np.float32(0.0), "upper": np.float32(0.13)}
    graph = helper.make_graph(
        nodes,
        "altitude",
        [value(spec.name, spec.shape[0]) for spec in contract.inputs],
        [value("rotor_thrust", 4)],
        [numpy_helper.from_array(np.asarray(array), f"w_{name}" if name in unused else name)
         for name, array in weights.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    content = model.SerializeToString()
    rollout = {spec.name: np.full((110, *spec.shape), 0.5, np.float32) for spec in contract.inputs}
    fixture = record_fixture(content, contract, rollout)
    write_bundle(tmp_path / "test-policy", contract, content, fixture, "# Altitude\n")
    return Policy.load(tmp_path / "test-policy")


def test_bundle_flies_in_the_simulator(altitude_policy):
    simulator = SimulatedCrazyflie(SimulatedCrazyflieConfig(noise=None))
    tour = Tour([(0.0, 0.0, 1.0), (0.0, 0.0, 0.5)])
    flight = fly(altitude_policy, simulator, tour)
    assert tour.reached == [True, True]
    assert np.abs(flight.position[:, :2]).max() < 1e-6


def test_course_that_is_over_at_once_gives_one_sample(altitude_policy):
    flight = fly(altitude_policy, SimulatedCrazyflie(), Tour([]))
    assert len(flight.time) == 1
    assert flight.thrust.tolist() == [[0.0] * 4]


def test_flight_records_the_moving_goal(make_policy):
    track = Track(lambda time: Setpoint((0.2 * time, 0.0, 1.0)), duration=1.0)
    simulator = SimulatedCrazyflie(seed=1)
    simulator.reset((0.0, 0.0, 1.0), rotor_thrust=simulator.description.hover_rotor_thrust)
    flight = fly(make_policy(), simulator, track, name="a line")
    assert flight.name == "a line"
    assert len(flight.time) == 101
    assert flight.goal[50] == pytest.approx([0.1, 0.0, 1.0])
    assert summarize_flight(flight).tracking_error < 0.2


def test_policy_of_another_rate_is_refused(make_policy):
    with pytest.raises(ValueError, match="expected a policy of 100 Hz, got 50 Hz"):
        fly(make_policy(rate=50.0), SimulatedCrazyflie(), Tour([(0.0, 0.0, 1.0)]))


def test_policy_of_another_robot_is_refused(make_policy):
    policy = make_policy(rotor_thrust={"elements": ("a", "b", "c", "d")})
    with pytest.raises(TensorMapError, match="made for this robot"):
        fly(policy, SimulatedCrazyflie(), Tour([(0.0, 0.0, 1.0)]))
