"""The recorder in its own process: a flight in lockstep can be computed again from its file."""

import resource
import secrets
import signal
from math import dist
from pathlib import Path

import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from mcap.reader import make_reader
from rclpy.node import Node
from rclpy.parameter import Parameter
from rosbags.highlevel import AnyReader
from std_msgs.msg import String
from untether_interfaces.msg import Mode

from untether_hardware.crazyflie.simulator import SimulatedCrazyflie
from untether_nodes import qos
from untether_nodes.client import FlightClient
from untether_nodes.loop import NodeLoop
from untether_nodes.recording.recovery import recover_bag

pytestmark = pytest.mark.ros

NODES = ("policy_node", "safety_node", "robot_sim_node")
TOPICS = {
    "/cf1/odom", "/cf1/imu/data", "/cf1/ground_truth/odom", "/cf1/policy/command", "/cf1/command",
    "/cf1/goal", "/cf1/mode", "/cf1/policy_status", "/clock", "/diagnostics", "/rosout",
}  # fmt: skip


def read_topic(reader, topic):
    connections = [one for one in reader.connections if one.topic == topic]
    for connection, _, raw in reader.messages(connections):
        yield reader.deserialize(raw, connection.msgtype)


def find_stamp(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def listen_to_recorder(probe, note):
    """Call back with what the recorder says about its recording, by name."""

    def read(message):
        for status in message.status:
            if status.name == "/cf1/recorder_node: recording":
                note({pair.key: pair.value for pair in status.values})

    probe.listen(DiagnosticArray, "/diagnostics", read)


def start_recorded_flight(graph, bundle, *, speed):
    """Start a robot in lockstep after its recorder, so that no message comes before it."""
    graph.start("recorder_node", use_sim_time=True, folder=graph.folder, name="flight",
                launch_arguments="namespace:=cf1 sim:=true")  # fmt: skip
    graph.start("safety_node", use_sim_time=True)
    graph.start("policy_node", use_sim_time=True, policy=bundle, state_timeout=5.0)
    graph.start("robot_sim_node", use_sim_time=True, lockstep=True, lockstep_speed=speed, seed=3)


def listen_for_parameters(probe):
    """Return a set of the nodes whose parameters the recorder has, which fills up."""
    recorded = set()
    listen_to_recorder(
        probe, lambda values: recorded.update(values["parameters recorded of"].split(", "))
    )
    return recorded


def listen_for_messages(probe):
    """Return a list of the numbers of messages that the recorder has, which fills up."""
    counts = []
    listen_to_recorder(probe, lambda values: counts.append(int(values["messages"])))
    return counts


@pytest.fixture
def flight(graph, probe, bundle):
    """Folder of the recording of a short flight."""
    start_recorded_flight(graph, bundle, speed=2.0)
    with FlightClient() as robot:
        robot.wait_until_ready()
        recorded = listen_for_parameters(probe)
        probe.wait_for(lambda: recorded >= {f"/cf1/{node}" for node in NODES}, "the parameters")
        robot.arm()
        assert robot.fly_to((0.5, 0.0, 0.8)).reached
        assert robot.land()
    assert set(graph.stop().values()) == {0}
    return graph.folder / "flight"


@pytest.mark.slow
def test_a_flight_can_be_computed_again_from_its_recording(flight, bundle):
    with AnyReader([flight]) as reader:
        assert {one.topic for one in reader.connections} >= TOPICS
        commands = {find_stamp(one): one.values for one in read_topic(reader, "/cf1/command")}
        odometry = list(read_topic(reader, "/cf1/odom"))
        truth = list(read_topic(reader, "/cf1/ground_truth/odom"))
        modes = [one.mode for one in read_topic(reader, "/cf1/mode")]
    assert modes == [Mode.IDLE, Mode.STANDBY, Mode.POLICY, Mode.STANDBY, Mode.IDLE]
    check_that_nothing_is_missing(odometry, commands)
    check_the_motion(odometry, commands, truth)
    check_the_documents(flight, bundle)


def check_that_nothing_is_missing(odometry, commands):
    stamps = [find_stamp(one) for one in odometry]
    assert all(after - before == 10_000_000 for before, after in zip(stamps, stamps[1:]))  # noqa: B905, RUF007
    assert set(stamps[2:-1]) <= set(commands), "a sample without its command"


def check_the_motion(odometry, commands, truth):
    """Simulate again with the recorded commands: the lockstep leaves nothing to chance."""
    robot = SimulatedCrazyflie(seed=3)
    recorded = {round(find_stamp(one) / 10**7): one.pose.pose.position for one in truth}
    answers = {round(find_stamp(one) / 10**7): commands.get(find_stamp(one)) for one in odometry}
    first = min(recorded)
    for _ in range(first - 100):  # the robot's time zero is at 1 s; it stands until it is armed
        robot.step((0.0,) * 4)
    compared = 0
    for tick in sorted(recorded):
        position = recorded[tick]
        expected = robot.read_truth().position
        assert dist(expected, (position.x, position.y, position.z)) == 0.0, tick
        compared += 1
        values = answers.get(tick)
        robot.step((0.0,) * 4 if values is None else values)
    assert compared > 300
    assert max(position.z for position in recorded.values()) > 0.7


def check_the_documents(flight, bundle):
    with next(Path(flight).glob("*.mcap")).open("rb") as stream:
        reader = make_reader(stream)
        documents = {one.name: one.data.decode() for one in reader.iter_attachments()}
        facts = {one.name: one.metadata for one in reader.iter_metadata()}
        profile = reader.get_header().profile
    assert profile == "ros2"
    assert facts["policy"]["name"] == "crazyflie-controller"
    assert len(facts["policy"]["sha256"]) == 64
    assert facts["untether"]["launch_arguments"] == "namespace:=cf1 sim:=true"
    assert facts["untether"]["git_revision"] != ""
    assert documents["contract.yaml"] == (bundle / "contract.yaml").read_text()
    for node in NODES:
        text = documents[f"parameters.cf1.{node}.yaml"]
        assert yaml.safe_load(text)[f"/cf1/{node}"]["ros__parameters"]["use_sim_time"] is True


def test_a_killed_recorder_leaves_what_it_has_written(graph, bundle):
    start_recorded_flight(graph, bundle, speed=5.0)
    with FlightClient() as robot:
        robot.wait_until_ready()
        robot.arm()
        assert robot.fly_to((0.0, 0.0, 0.8)).reached
        (file,) = (graph.folder / "flight").glob("*.mcap")
        written = file.stat().st_size + 2 * 64 * 1024  # chunks, before compression
        assert robot.wait_for(lambda: file.stat().st_size > written, 30.0)
        graph.process("recorder_node").kill()
        graph.process("recorder_node").wait()
        assert robot.land()
    assert recover_bag(graph.folder / "flight") > 500
    with AnyReader([next((graph.folder / "flight").glob("*.mcap"))]) as reader:
        heights = [one.pose.pose.position.z for one in read_topic(reader, "/cf1/odom")]
    assert max(heights) > 0.7


def start_recorder(graph, probe, **parameters):
    """Start a recorder, and a publisher that it has found."""
    graph.start("recorder_node", folder=graph.folder, name="bag", **parameters)
    publisher = probe.node.create_publisher(String, "note", qos.EVENTS)
    probe.wait_for(publisher.get_subscription_count, "the recorder")
    return publisher


def test_a_publisher_that_offers_less_than_the_first_one_is_recorded_too(graph, probe):
    reliable = start_recorder(graph, probe)
    best_effort = probe.node.create_publisher(String, "note", qos.NEWEST)
    probe.wait_for(best_effort.get_subscription_count, "a subscription to both")
    probe.wait_for(reliable.get_subscription_count, "a subscription to both")
    counts = listen_for_messages(probe)

    def are_both_recorded():
        reliable.publish(String(data="reliable"))
        best_effort.publish(String(data="best effort"))
        return counts and counts[-1] > counts[0] + 20

    probe.wait_for(are_both_recorded, "messages")
    assert set(graph.stop().values()) == {0}
    with AnyReader([graph.folder / "bag"]) as reader:
        assert {one.data for one in read_topic(reader, "/cf1/note")} == {"reliable", "best effort"}


def test_a_full_disk_is_told_at_once_and_fails_in_the_end(graph, probe):
    publisher = start_recorder(graph, probe)
    process = graph.process("recorder_node")
    (file,) = (graph.folder / "bag").glob("*.mcap")
    size = file.stat().st_size + 1000
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))

    def is_told():
        publisher.publish(String(data=secrets.token_hex(5_000)))
        return "is incomplete" in graph.log("recorder_node")

    probe.wait_for(is_told, "an error in the log")
    process.send_signal(signal.SIGINT)
    assert process.wait(30.0) == 1
    lines = [one for one in graph.log("recorder_node").splitlines() if "is incomplete" in one]
    assert len(lines) == 2, "at the first failure, and at the end"
    for line in lines:
        assert "[ERROR]" in line
        assert f"untether_nodes.recording.recovery {graph.folder / 'bag'}" in line
    assert recover_bag(graph.folder / "bag") >= 0


def test_a_recorder_survives_a_node_with_a_parameter_that_is_not_set(graph, probe):
    start_recorder(graph, probe)
    driver = Node("driver", namespace="cf1", start_parameter_services=True)
    try:
        driver.declare_parameter("ip", Parameter.Type.STRING)
        loop = NodeLoop(driver, probe)
        recorded = listen_for_parameters(probe)
        probe.wait_for(lambda: loop.run_once() or "/cf1/driver" in recorded, "its parameters")
        loop.close()
    finally:
        driver.destroy_node()
    assert set(graph.stop().values()) == {0}
