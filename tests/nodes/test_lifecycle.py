"""Processes of nodes: their lifecycle, their end, and what they say when they cannot start."""

import signal

import pytest
from lifecycle_msgs.msg import Transition
from rcl_interfaces.srv import DescribeParameters, ListParameters

from untether_hardware.safety import Mode

pytestmark = pytest.mark.ros

CONFIGURE, CLEANUP = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_CLEANUP
ACTIVATE, DEACTIVATE = Transition.TRANSITION_ACTIVATE, Transition.TRANSITION_DEACTIVATE
SHUTDOWN = Transition.TRANSITION_ACTIVE_SHUTDOWN
NODES = ("policy_node", "safety_node", "robot_sim_node", "recorder_node")


def start_all(graph, bundle, **parameters):
    graph.start("policy_node", policy=bundle, **parameters)
    graph.start("safety_node", **parameters)
    graph.start("robot_sim_node", **parameters)
    graph.start("recorder_node", folder=graph.folder, **parameters)


def test_nodes_walk_through_their_lifecycle_again_and_again(graph, probe, bundle):
    start_all(graph, bundle, autostart=False)
    for node in NODES:
        assert probe.find_state(node) == "unconfigured"
        for _ in range(2):
            assert probe.change_state(node, CONFIGURE)
            assert probe.find_state(node) == "inactive"
            for _ in range(2):
                assert probe.change_state(node, ACTIVATE)
                assert not probe.change_state(node, ACTIVATE)
                assert probe.find_state(node) == "active"
                if node == "recorder_node":
                    assert probe.set_parameter(node, "launch_arguments", "x").successful is False
                assert probe.change_state(node, DEACTIVATE)
            assert probe.change_state(node, CLEANUP)
        assert probe.find_state(node) == "unconfigured"
    assert set(graph.stop().values()) == {0}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_signal_ends_all_nodes_in_order_and_without_a_traceback(graph, probe, bundle, number):
    start_all(graph, bundle)
    for node in NODES:
        probe.wait_for(lambda node=node: probe.find_state(node) == "active", f"{node} active")
    assert set(graph.stop(number).values()) == {0}
    for node in NODES:
        assert "shutdown: done" in graph.log(node)
        assert "Traceback" not in graph.log(node)


def test_the_shutdown_transition_ends_the_process(graph, probe):
    process = graph.start("safety_node")
    probe.wait_for(lambda: probe.find_state("safety_node") == "active", "activation")
    assert probe.change_state("safety_node", SHUTDOWN)
    assert process.wait(20.0) == 0


def start_lockstep_flight(graph, make_puppet):
    graph.start("robot_sim_node", use_sim_time=True, lockstep=True)
    graph.start("safety_node", use_sim_time=True)
    puppet = make_puppet()
    puppet.take_off()
    return puppet


def test_a_shutdown_in_flight_lands_the_robot_first(graph, make_puppet):
    puppet = start_lockstep_flight(graph, make_puppet)
    assert puppet.change_state("safety_node", SHUTDOWN)
    assert puppet.truth[-1].position[2] < 0.03
    assert puppet.touchdown_speed() < 1.0
    assert graph.process("safety_node").wait(20.0) == 0
    assert "refused" not in graph.log("safety_node")


def test_a_signal_to_all_in_flight_ends_in_a_landing_without_a_fault(graph, make_puppet):
    puppet = start_lockstep_flight(graph, make_puppet)
    processes = graph.processes.values()
    for process in processes:
        process.send_signal(signal.SIGINT)
    puppet.wait_for(lambda: all(one.poll() is not None for one in processes), "the end")
    assert {process.returncode for process in processes} == {0}
    assert puppet.touchdown_speed() < 1.0
    assert puppet.modes[-1] is Mode.IDLE
    log = graph.log("safety_node")
    assert "landing it first" in log
    assert "FAULT" not in log and "refused" not in log


def test_robots_on_the_ground_end_at_once(graph, probe):
    graph.start("robot_sim_node")
    graph.start("safety_node")
    for node in ("robot_sim_node", "safety_node"):
        probe.wait_for(lambda node=node: probe.find_state(node) == "active", f"{node} active")
    graph.process("robot_sim_node").send_signal(signal.SIGINT)
    assert graph.process("robot_sim_node").wait(3.0) == 0


CANNOT_START = [
    ("policy_node", {"policy": "/nowhere/at/all"}, ["configure refused", "/nowhere/at/all"]),
    ("policy_node", {}, ["configure refused", "policy:="]),
    ("policy_node", {"robot": "anafi"}, ["cannot start", "crazyflie"]),
    ("safety_node", {"tilt_limit": 99.0}, ["cannot start", "tilt_limit"]),
    ("safety_node", {"tilt_limit": "steep"}, ["cannot start", "tilt_limit"]),
    ("safety_node", {"command_late": 0.5}, ["configure refused", "command_timeout"]),
    ("robot_sim_node", {"extra_latency": 0.001}, ["configure refused", "extra_latency"]),
    ("robot_sim_node", {"motor_time_constants": "[0.1]"}, ["cannot start", "motor_time_constants"]),
    ("recorder_node", {"folder": "/proc/nowhere"}, ["configure refused", "/proc/nowhere"]),
]


def test_a_node_that_cannot_start_says_why_in_one_line_and_fails(graph):
    processes = [
        graph.start(node, namespace=f"case{index}", **parameters)
        for index, (node, parameters, _) in enumerate(CANNOT_START)
    ]
    for index, (node, _, words) in enumerate(CANNOT_START):
        assert processes[index].wait(60.0) == 1, node
        log = graph.log(node, f"case{index}")
        assert "Traceback" not in log
        (line,) = [line for line in log.splitlines() if words[0] in line]
        assert words[1] in line


def test_parameters_can_be_listed_and_described(graph, probe):
    graph.start("safety_node")
    names = probe.call(ListParameters, "safety_node/list_parameters", ListParameters.Request())
    wanted = DescribeParameters.Request(names=["tilt_limit", "robot", "autostart"])
    described = probe.call(DescribeParameters, "safety_node/describe_parameters", wanted)
    tilt, robot, autostart = described.descriptors
    assert {"tilt_limit", "robot", "autostart"} <= set(names.result.names)
    assert "[rad]" in tilt.description and tilt.floating_point_range[0].to_value == 3.2
    assert "crazyflie" in robot.additional_constraints
    assert autostart.read_only
