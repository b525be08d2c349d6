"""The operator's hand commands only in modes that allow it, and takes nothing over after others."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
import rclpy
from untether_interfaces.msg import ArmState

from untether_hardware.franka.twist import ToolTwist
from untether_hardware.safety.modes import Mode
from untether_nodes.console.arm_pilot import ArmPilot
from untether_nodes.console.arm_watch import ArmView
from untether_nodes.console.event_log import EventLog
from untether_nodes.console.ros_thread import RosThread
from untether_nodes.ros_session import start_ros

TWIST = ToolTwist(np.zeros(3), np.zeros(3))


@pytest.fixture(scope="module")
def ros(domain):
    """A node that nobody hears."""
    start_ros([])
    made = RosThread("console_of_a_test", "", print)
    yield made
    made.node.destroy_node()
    rclpy.try_shutdown()


@pytest.fixture
def view():
    return ArmView(state=ArmState())


@pytest.fixture
def pilot(ros, view):
    return ArmPilot(ros, "/franka", SimpleNamespace(view=view), EventLog())


def hold(pilot):
    """Give a sign of the hand; return whether it counts."""
    return pilot.hand.hold("hand", TWIST, time.monotonic())


@pytest.mark.parametrize("mode", [None, Mode.IDLE, Mode.FAULT])
def test_a_mode_without_a_commander_ends_the_hold_until_the_hand_was_off(pilot, view, mode):
    view.mode = mode
    hold(pilot)
    pilot.tick()
    view.mode = Mode.STANDBY
    assert not hold(pilot)
    pilot.hand.release("hand")
    assert hold(pilot)


@pytest.mark.parametrize("mode", [Mode.STANDBY, Mode.POLICY, Mode.INTERVENTION])
def test_the_hand_holds_in_all_others(pilot, view, mode):
    view.mode = mode
    hold(pilot)
    pilot.tick()
    assert hold(pilot)
