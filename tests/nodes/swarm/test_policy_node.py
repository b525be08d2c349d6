"""The swarm's policy node: against stubs of the other nodes, and in a graph of real processes."""

import signal

import numpy as np
import pytest
from crazyflie_interfaces.srv import GoTo, Takeoff
from lifecycle_msgs.msg import Transition
from rclpy.action.client import ActionClient
from untether_interfaces.action import RunSwarm
from untether_interfaces.msg import (
    Columns,
    Command,
    PolicyStatus,
    SwarmCommand,
    SwarmGoals,
    SwarmModes,
    SwarmState,
)
from untether_interfaces.srv import SwarmRequest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Mode
from untether_hardware.safety.verdict import ArmCode
from untether_nodes import qos
from untether_nodes.conversions import to_seconds, write_seconds
from untether_nodes.swarm.client import SwarmClient
from untether_nodes.swarm.drones import name_drones
from untether_nodes.swarm.scenario import Scenario

pytestmark = pytest.mark.ros

NAMESPACE, DRONES = "swarm", 4
NAMES = name_drones(DRONES)
CODES = RunSwarm.Result
ASK = SwarmRequest.Request
PLACES = np.array([[-1.0, -1.0, 1.0], [-1.0, 1.0, 1.5], [1.0, -1.0, 1.2], [1.0, 1.0, 0.8]])


class Stub:
    """Drones and safety stages that do as they are told, and note what they are told."""

    def __init__(self, probe, names=NAMES):
        self.probe = probe
        self.names = list(names)
        self.age = 0.0
        self.modes = dict.fromkeys(NAMES, Mode.IDLE)
        self.refused: set[str] = set()
        self.unready = 0  # how many times arming is refused because no states are known
        self.requests: list[SwarmRequest.Request] = []
        self.commands: list[SwarmCommand] = []
        self.goals: list[SwarmGoals] = []
        self.status: list[PolicyStatus] = []
        self.contract = ""
        node = probe.node
        self.states = node.create_publisher(SwarmState, "states", qos.STATE)
        self.columns = node.create_publisher(Columns, "columns", qos.LATCHED)
        self.telling = node.create_publisher(SwarmModes, "modes", qos.LATCHED)
        probe.listen(SwarmCommand, "policy/command", self.commands.append)
        probe.listen(SwarmGoals, "goals", self.goals.append)
        probe.listen(PolicyStatus, "policy_status", self.status.append, qos.LATCHED)
        node.create_service(SwarmRequest, "safety/request", self.answer)
        self.action = ActionClient(node, RunSwarm, "run")
        self.columns.publish(Columns(room=10.0, cells=8))
        self.tell_modes()

    def tell_modes(self):
        self.telling.publish(
            SwarmModes(
                names=NAMES,
                modes=[int(self.modes[name]) for name in NAMES],
                faults=[0] * DRONES,
                reasons=["test"] * DRONES,
            )
        )

    def answer(self, request, response):
        self.requests.append(request)
        unready = request.request == ASK.ARM and self.unready > 0
        self.unready -= unready
        codes = [
            int(ArmCode.NO_STATE) if unready else int(name in self.refused)
            for name in request.drones
        ]
        granted = [name for name, code in zip(request.drones, codes, strict=True) if not code]
        mode = {ASK.ARM: Mode.STANDBY, ASK.START_POLICY: Mode.POLICY}.get(request.request)
        if mode is not None:
            self.modes.update(dict.fromkeys(granted, mode))
        self.tell_modes()
        response.drones = request.drones
        response.error_codes = codes
        response.messages = ["test"] * len(request.drones)
        return response

    def tell_states(self):
        """Tell where the drones are; who is cfN is at x = N."""
        message = SwarmState(names=self.names)
        rows = len(self.names)
        message.position = [v for name in self.names for v in (float(name[2:]), 0.0, 1.0)]
        message.orientation = [0.0, 0.0, 0.0, 1.0] * rows
        message.linear_velocity = message.angular_velocity = [0.0] * (3 * rows)
        now = self.probe.node.get_clock().now().nanoseconds * 1e-9
        write_seconds(now - self.age, message.header.stamp)
        self.states.publish(message)

    def wait_for(self, condition, what):
        """Serve messages, and tell states all the while, until a condition holds."""

        def check():
            self.tell_states()
            return condition()

        self.probe.wait_for(check, what)

    def take_off(self, name="all"):
        self.wait_for(lambda: self.status, "policy_status")
        self.call(Takeoff, f"{name}/takeoff", Takeoff.Request(height=1.5))

    def wait_until_flown(self, names):
        """Wait until the policy flies these drones and no others."""
        self.wait_for(lambda: self.goals and set(self.goals[-1].names) == set(names), "flight")

    def call(self, service, name, request):
        client = self.probe.node.create_client(service, name)
        self.wait_for(client.service_is_ready, name)
        future = client.call_async(request)
        self.wait_for(future.done, name)

    def begin(self, **fields):
        """Begin a run; return the handle of its goal."""
        self.wait_for(self.action.server_is_ready, "the action")
        future = self.action.send_goal_async(RunSwarm.Goal(**fields))
        self.wait_for(future.done, "the goal's answer")
        return future.result()

    def read(self, handle, *, silent=False):
        """Return the result of a goal."""
        future = handle.get_result_async()
        (self.probe.wait_for if silent else self.wait_for)(future.done, "a result")
        return future.result().result


@pytest.fixture
def stub(graph_tools, swarm_bundle, tmp_path, monkeypatch):
    """Stubs about a policy node of its own."""
    graph = graph_tools.Graph(tmp_path, namespace=NAMESPACE)
    for name in ("ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE"):
        monkeypatch.setenv(name, graph.environment[name])
    graph.start("swarm_policy_node", drones=DRONES, policy=swarm_bundle)
    probe = graph_tools.Probe(NAMESPACE)
    yield Stub(probe)
    probe.close()
    graph.kill()


def test_who_is_granted_is_commanded_by_name_and_nobody_else(stub):
    stub.names = ["cf3", "no7", "cf1", "cf4", "cf2"]
    stub.refused = {"cf2"}
    stub.take_off()
    flown = {"cf1", "cf3", "cf4"}
    stub.wait_until_flown(flown)
    kinds = [request.request for request in stub.requests]
    assert kinds == [ASK.ARM, ASK.START_POLICY]
    assert set(stub.requests[1].drones) == flown
    assert stub.requests[1].contract == stub.status[-1].contract
    last = stub.commands[-1]
    assert set(last.drones) == flown
    assert list(last.sources) == [Command.SOURCE_POLICY] * 3
    assert list(last.names) == list(CRAZYFLIE.rotor_names)
    places = dict(
        zip(stub.goals[-1].names, np.reshape(stub.goals[-1].position, (-1, 3)), strict=True)
    )
    assert all(place[0] == float(name[2:]) for name, place in places.items())
    stub.modes["cf3"] = Mode.FAULT
    stub.tell_modes()
    stub.wait_for(lambda: set(stub.commands[-1].drones) == {"cf1", "cf4"}, "a drone less")


def test_a_drone_that_is_not_told_of_is_not_commanded(stub):
    stub.take_off()
    stub.wait_for(lambda: stub.commands and len(stub.commands[-1].drones) == DRONES, "flight")
    stub.names = ["cf1", "cf2", "cf4"]
    stub.wait_for(lambda: list(stub.commands[-1].drones) == ["cf1", "cf2", "cf4"], "a drone less")


def test_old_states_are_not_answered_and_lost_ones_end_the_run(stub):
    stub.take_off()
    stub.wait_until_flown(NAMES)
    handle = stub.begin(scenario=RunSwarm.Goal.HOME, duration=60.0)
    stub.age = 0.2
    stub.wait_for(lambda: now_of(stub) - stamp_of(stub.commands[-1]) > 0.3, "silence")
    stub.age = 0.0
    fresh = len(stub.commands)
    stub.wait_for(lambda: len(stub.commands) > fresh, "commands")
    result = stub.read(handle, silent=True)
    assert result.error_code == CODES.STATE_LOST
    assert "expected states every 0.01 s" in result.error_msg
    assert list(result.drones) == list(NAMES)


def test_a_run_can_be_cancelled_and_a_newer_one_takes_its_place(stub):
    stub.take_off()
    stub.wait_until_flown(NAMES)
    first = stub.begin(scenario=RunSwarm.Goal.HOME, duration=60.0)
    second = stub.begin(scenario=RunSwarm.Goal.SHARED, drones=["cf2"], duration=60.0)
    assert stub.read(first).error_code == CODES.PREEMPTED
    refused = stub.begin(scenario=RunSwarm.Goal.GIVEN, goals=[0.0, 0.0, 20.0] * DRONES)
    assert stub.read(refused).error_code == CODES.INVALID_GOAL
    stub.wait_for(second.cancel_goal_async().done, "the cancellation")
    result = stub.read(second)
    assert (result.error_code, list(result.drones)) == (CODES.CANCELED, ["cf2"])
    third = stub.begin(scenario=RunSwarm.Goal.HOME, duration=60.0)
    stub.modes = dict.fromkeys(NAMES, Mode.FAULT)
    stub.tell_modes()
    result = stub.read(third)
    assert result.error_code == CODES.FAULT
    assert all(result.lost)


def test_a_node_that_is_deactivated_gives_its_drones_back(stub):
    stub.take_off("cf2")
    stub.wait_until_flown({"cf2"})
    handle = stub.begin(scenario=RunSwarm.Goal.HOME, duration=60.0)
    assert stub.probe.change_state("swarm_policy_node", Transition.TRANSITION_DEACTIVATE)
    stub.wait_for(lambda: stub.requests[-1].request == ASK.STOP_POLICY, "STOP_POLICY")
    assert list(stub.requests[-1].drones) == ["cf2"]
    assert stub.read(handle).error_code == CODES.NO_POLICY
    assert stub.read(stub.begin(scenario=RunSwarm.Goal.HOME)).error_code == CODES.NO_POLICY


def test_a_client_arms_again_while_the_stages_know_no_states(stub):
    stub.unready, stub.refused = 2, {"cf3"}

    def serve():
        stub.tell_states()
        stub.probe.loop.run_once()

    with SwarmClient(NAMESPACE, on_tick=serve) as client:
        client.wait_until_ready()
        assert client.take_off(1.0, 0.1) == ["cf1", "cf2", "cf4"]
        assert client.reasons["cf3"] == "test"
    kinds = [request.request for request in stub.requests]
    assert kinds[:4] == [ASK.ARM, ASK.ARM, ASK.ARM, ASK.ARM]
    assert kinds[-1] == ASK.START_POLICY


def now_of(stub):
    return stub.probe.node.get_clock().now().nanoseconds * 1e-9


def stamp_of(message):
    return to_seconds(message.header.stamp)


@pytest.fixture(scope="module")
def real_graph(graph_tools, swarm_bundle, tmp_path_factory):
    """A simulated swarm in lockstep with its safety and policy nodes."""
    graph = graph_tools.Graph(tmp_path_factory.mktemp("real"), namespace=NAMESPACE)
    common = {"use_sim_time": True, "drones": DRONES}
    graph.start("swarm_sim_node", lockstep=True, density=0.0, lockstep_timeout=0.2, **common)
    graph.start("swarm_safety_node", hold_time=0.5, **common)
    graph.start("swarm_policy_node", policy=swarm_bundle, state_timeout=5.0, **common)
    with graph.joined():
        yield graph


@pytest.fixture
def swarm(real_graph):
    """A client of the simulated swarm."""
    with SwarmClient(NAMESPACE) as client:
        client.wait_until_ready()
        yield client
        client.land()


def test_a_swarm_takes_off_flies_to_given_goals_and_lands(swarm):
    feedback = []
    assert swarm.run(Scenario.GIVEN).error_code == CODES.NOT_FLYING
    assert set(swarm.take_off(1.0, 1.0, 1.0)) == set(NAMES), (swarm.modes, swarm.reasons)
    assert all(abs(height - 1.0) < 0.2 for height in swarm.height.values())
    result = swarm.run(
        Scenario.GIVEN, goals=PLACES.ravel(), duration=8.0, on_feedback=feedback.append
    )
    assert result.error_code == CODES.NONE, result.error_msg
    assert all(result.arrived)
    assert not any(result.lost)
    assert max(result.final_distance) < 0.2
    assert result.ticks == pytest.approx(800, abs=2)
    assert 0.0 < result.inference_p50 <= result.inference_p99
    assert [one.elapsed for one in feedback] == sorted(one.elapsed for one in feedback)
    assert feedback[-1].arrived == feedback[-1].flying == DRONES
    assert feedback[-1].mean_distance < feedback[0].mean_distance
    client = swarm._node.create_client(GoTo, "cf4/go_to")
    request = GoTo.Request(relative=True)
    request.goal.z = 0.5
    swarm._ask(client, request)
    assert swarm.wait_until(lambda: abs(swarm.height["cf4"] - PLACES[3, 2] - 0.5) < 0.1, 5.0)
    assert abs(swarm.height["cf1"] - PLACES[0, 2]) < 0.1
    assert swarm.run(Scenario.HOME, drones=["cf1"], duration=0.5).drones == ["cf1"]
    assert swarm.land() == []


def test_the_safety_stages_land_the_drones_of_a_policy_node_that_was_killed(swarm, real_graph):
    swarm.take_off(1.0, 1.0, 1.0)
    real_graph.process("swarm_policy_node").send_signal(signal.SIGKILL)
    assert swarm.wait_until(lambda: swarm.find(Mode.FAULT) == list(NAMES), 5.0)
    assert min(swarm.height.values()) > 0.7
    assert swarm.wait_until(lambda: max(swarm.height.values()) < 0.05, 20.0)


def test_a_bundle_that_wants_what_no_swarm_tells_is_refused(graph, bundle):
    process = graph.start("swarm_policy_node", policy=bundle)
    assert process.wait(30.0) == 1
    assert "goal_velocity" in graph.log("swarm_policy_node")
