"""What the page is told of an arm is fit to be shown."""

import math
from types import SimpleNamespace

import pytest
from untether_interfaces.msg import ArmState

from untether_nodes.console.arm_watch import ArmWatch
from untether_nodes.console.event_log import EventLog


class FakeRos:
    """Notes who listens to what."""

    def __init__(self):
        self.listeners = {}
        self.node = SimpleNamespace(create_client=lambda *_: None)

    def subscribe(self, _type, topic, callback, _profile, **_options):
        self.listeners[topic] = callback


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_state_that_is_no_number_is_told_and_not_shown(value):
    ros, log = FakeRos(), EventLog()
    watch = ArmWatch(ros, "/franka", log)
    good = ArmState(joint_position=[0.0] * 7)
    ros.listeners["/franka/state"](good)
    bad = ArmState(joint_position=[0.0] * 7)
    bad.tool_wrench.force.z = value
    ros.listeners["/franka/state"](bad)
    assert watch.view.state is good
    assert [entry.text for entry in log.read_since(0)] == [
        "state ignored: expected finite numbers, got others; check the arm's driver."
    ]
