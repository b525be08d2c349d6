"""Asking nodes for their parameters, whatever state these are in."""

import os

import pytest
import rclpy
import yaml
from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter

from untether_nodes.recording.parameter_dump import ParameterDump

pytestmark = pytest.mark.ros

PATIENCE = 1500  # rounds of 20 ms


class Robot:
    """Nodes in one process, and who asks them."""

    def __init__(self, context):
        self.context = context
        self.executor = SingleThreadedExecutor(context=context)
        self.nodes = []
        self.documents = {}
        self.dump = ParameterDump(self.add("recorder"), self.deliver)

    def add(self, name, **arguments):
        node = Node(name, namespace="cf1", context=self.context, **arguments)
        self.nodes.append(node)
        self.executor.add_node(node)
        return node

    def deliver(self, name, document):
        self.documents[name] = yaml.safe_load(document)[name]["ros__parameters"]

    def ask(self, *names):
        """Ask nodes until these have been delivered."""
        present = [node.get_fully_qualified_name() for node in self.nodes]
        for _ in range(PATIENCE):
            self.dump.discover(present)
            self.dump.poll()
            self.executor.spin_once(timeout_sec=0.02)
            if set(names) <= set(self.documents):
                return
        raise AssertionError(f"expected the parameters of {names}, got {list(self.documents)}")


@pytest.fixture
def robot(monkeypatch):
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    context = Context()
    rclpy.init(args=[], context=context, domain_id=1 + os.getpid() % 100)
    made = Robot(context)
    yield made
    made.dump.close()
    made.executor.shutdown()
    for node in made.nodes:
        node.destroy_node()
    context.shutdown()


def test_the_parameters_of_a_node_are_delivered_as_ros_reads_them_back(robot):
    driver = robot.add("driver")
    driver.declare_parameter("rate", 100.0)
    driver.declare_parameter("gains", [1.0, 2.5])
    driver.declare_parameter("names", ["m1", "m2"])
    robot.ask("/cf1/driver")
    wanted = {"rate": 100.0, "gains": [1.0, 2.5], "names": ["m1", "m2"]}
    assert wanted.items() <= robot.documents["/cf1/driver"].items()


def test_a_parameter_without_a_value_is_left_out_and_the_others_are_delivered(robot):
    driver = robot.add("driver")
    driver.declare_parameter("ip", Parameter.Type.STRING)
    driver.declare_parameter("rate", 100.0)
    robot.ask("/cf1/driver")
    assert robot.documents["/cf1/driver"]["rate"] == 100.0
    assert "ip" not in robot.documents["/cf1/driver"]


def test_nodes_without_parameter_services_keep_nobody_waiting(robot):
    for number in range(8):
        robot.add(f"console{number}", start_parameter_services=False)
    robot.add("driver").declare_parameter("rate", 100.0)
    robot.ask("/cf1/driver")
    assert list(robot.documents) == ["/cf1/driver"]


def test_a_node_that_comes_later_is_asked_too_and_each_is_asked_once(robot):
    robot.add("driver")
    robot.ask("/cf1/driver")
    del robot.documents["/cf1/driver"]
    robot.add("camera")
    robot.ask("/cf1/camera")
    assert list(robot.documents) == ["/cf1/camera"]


def test_a_node_that_answers_nonsense_stops_nobody(robot):
    odd = robot.add("odd", start_parameter_services=False)

    def list_one(request, response):
        response.result.names = ["a"]
        return response

    odd.create_service(ListParameters, "odd/list_parameters", list_one)
    odd.create_service(GetParameters, "odd/get_parameters", lambda request, response: response)
    robot.add("driver").declare_parameter("rate", 100.0)
    robot.ask("/cf1/driver", "/cf1/odd")
    assert robot.documents["/cf1/odd"] == {}
