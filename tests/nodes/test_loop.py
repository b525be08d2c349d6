import gc
import os
import time

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from std_msgs.msg import Int32
from std_srvs.srv import Trigger

from untether_nodes import qos
from untether_nodes.loop import LoopGroup, NodeLoop

pytestmark = pytest.mark.ros


class Ticking:
    """Counts what the loop asks for."""

    def __init__(self, tick_period=0.005, gathers=False):
        self.tick_period = tick_period
        self.gathers = gathers
        self.ticks = []
        self.rests = 0

    def tick(self):
        self.ticks.append(time.monotonic())

    def rest(self):
        self.rests += 1


@pytest.fixture
def node(monkeypatch):
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    context = Context()
    rclpy.init(args=[], context=context, domain_id=1 + os.getpid() % 100)
    made = Node("looped", context=context)
    yield made
    made.destroy_node()
    context.shutdown()


def run_until(loop, condition, patience=10.0):
    end = time.monotonic() + patience
    loop.run(lambda: condition() or time.monotonic() > end)
    assert condition()


def test_ticks_keep_their_period(node):
    ticking = Ticking()
    loop = NodeLoop(node, ticking)
    run_until(loop, lambda: len(ticking.ticks) >= 100)
    elapsed = ticking.ticks[-1] - ticking.ticks[0]
    assert elapsed >= 0.99 * (len(ticking.ticks) - 1) * 0.005
    assert ticking.rests > 0


def test_a_late_loop_leaves_ticks_out_instead_of_hurrying(node):
    ticking = Ticking()
    loop = NodeLoop(node, ticking)
    loop.run_once()
    time.sleep(0.05)
    run_until(loop, lambda: len(ticking.ticks) >= 4)
    assert loop.overruns >= 9


@pytest.mark.parametrize("gathers", [False, True], ids=["at once", "gathered"])
def test_messages_services_and_timers_are_served(node, gathers):
    received, timed = [], []
    group = LoopGroup()
    node.create_subscription(
        Int32, "numbers", lambda message: received.append(message.data), qos.LOG,
        callback_group=group,
    )  # fmt: skip
    node.create_service(Trigger, "ask", lambda request, response: response)
    node.create_timer(0.01, lambda: timed.append(1))
    publisher = node.create_publisher(Int32, "numbers", qos.LOG)
    client = node.create_client(Trigger, "ask")
    loop = NodeLoop(node, Ticking(gathers=gathers))
    run_until(loop, lambda: publisher.get_subscription_count() and client.service_is_ready())
    loop = NodeLoop(node, Ticking(gathers=gathers))
    for number in range(20):
        publisher.publish(Int32(data=number))
    answer = client.call_async(Trigger.Request())
    run_until(loop, lambda: len(received) == 20 and answer.done() and len(timed) > 3)
    assert received == list(range(20))


def test_control_goes_on_while_a_request_is_served(node):
    received, answers = [], []
    ticking = Ticking()
    loop = NodeLoop(node, ticking)

    def wait_for_messages(request, response):
        before = len(ticking.ticks)
        for number in range(3):
            publisher.publish(Int32(data=number))
        loop.run_control(lambda: len(received) == 3 and len(ticking.ticks) > before + 3)
        response.success = True
        return response

    node.create_subscription(
        Int32, "numbers", lambda message: received.append(message.data), qos.LOG,
        callback_group=LoopGroup(),
    )  # fmt: skip
    publisher = node.create_publisher(Int32, "numbers", qos.LOG)
    node.create_service(Trigger, "wait", wait_for_messages)
    node.create_service(Trigger, "ask", lambda request, response: answers.append(1) or response)
    clients = [node.create_client(Trigger, name) for name in ("wait", "ask")]
    run_until(loop, lambda: publisher.get_subscription_count() > 0)
    run_until(loop, lambda: all(client.service_is_ready() for client in clients))
    waited = clients[0].call_async(Trigger.Request())
    run_until(loop, waited.done)
    assert waited.result().success
    assert received == [0, 1, 2]


def test_a_raw_subscription_gets_bytes_and_times(node):
    received = []
    node.create_subscription(
        Int32, "numbers", lambda data, info: received.append((data, info)), qos.LOG,
        callback_group=LoopGroup(), raw=True,
    )  # fmt: skip
    publisher = node.create_publisher(Int32, "numbers", qos.LOG)
    run_until(NodeLoop(node, Ticking()), lambda: publisher.get_subscription_count() > 0)
    publisher.publish(Int32(data=5))
    run_until(NodeLoop(node, Ticking()), lambda: received)
    data, info = received[0]
    assert isinstance(data, bytes)
    assert abs(info["received_timestamp"] - time.time_ns()) < 60e9


def test_subscriptions_may_come_and_go_while_the_loop_runs(node):
    received = []
    loop = NodeLoop(node, Ticking())
    first = node.create_subscription(Int32, "a", received.append, 1, callback_group=LoopGroup())
    loop.run_once()
    node.destroy_subscription(first)
    loop.run_once()
    node.create_subscription(Int32, "b", received.append, 1, callback_group=LoopGroup())
    publisher = node.create_publisher(Int32, "b", 1)
    run_until(loop, lambda: publisher.get_subscription_count() > 0)
    loop = NodeLoop(node, Ticking())
    publisher.publish(Int32(data=1))
    run_until(loop, lambda: received)


def test_an_error_in_a_service_ends_the_loop(node):
    def fail(request, response):
        raise RuntimeError("broken service")

    node.create_service(Trigger, "ask", fail)
    client = node.create_client(Trigger, "ask")
    loop = NodeLoop(node, Ticking())
    run_until(loop, client.service_is_ready)
    loop = NodeLoop(node, Ticking())
    client.call_async(Trigger.Request())
    with pytest.raises(RuntimeError, match="broken service"):
        run_until(loop, lambda: False)


def test_garbage_is_collected_by_the_loop_and_by_python_again_afterwards(node):
    seen = []
    loop = NodeLoop(node, Ticking())
    loop.run(lambda: seen.append(gc.isenabled()) or len(seen) > 2)
    assert seen == [False] * 3
    assert gc.isenabled()
