"""A swarm's safety node in its own process, with a saboteur in the place of the policy."""

import time
from math import nan

import pytest
from crazyflie_interfaces.srv import Arm, Land
from lifecycle_msgs.msg import Transition
from untether_interfaces.msg import SwarmCommand
from untether_interfaces.srv import SwarmRequest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Guard, Mode, Source
from untether_hardware.safety.verdict import ArmCode, PolicyCode
from untether_nodes import qos

pytestmark = pytest.mark.ros

Codes = SwarmRequest.Request


def land_one(puppet, guard):
    """Wait until cf2 has landed on its own, and check that the others hover."""
    puppet.wait_for_modes(Mode.POLICY, Mode.FAULT, Mode.POLICY)
    assert puppet.faults == [Guard.NONE, guard, Guard.NONE]
    puppet.wait_for(lambda: puppet.height[1] < 0.03, "landing of cf2")
    puppet.wait_for(lambda: guard in puppet.events["cf2"], "an event of cf2")
    assert puppet.modes == [Mode.POLICY, Mode.FAULT, Mode.POLICY]
    assert puppet.height[0] > 0.5
    assert puppet.height[2] > 0.5
    assert guard not in puppet.events["cf1"] + puppet.events["cf3"]


def test_a_bad_command_lands_its_own_drone(puppet):
    def spoil(message):
        message.values[4] = nan
        return message

    puppet.take_off()
    puppet.spoil = spoil
    land_one(puppet, Guard.NOT_FINITE)
    for message in puppet.commands:
        assert list(message.names) == list(CRAZYFLIE.rotor_names)
        assert len(message.values) == 4 * len(message.drones) == 4 * len(message.sources)
        assert all(0.0 <= value <= CRAZYFLIE.max_rotor_thrust for value in message.values)


def test_malformed_messages_do_not_disturb_the_flight(puppet):
    def spoil(message):
        stamp = message.header.stamp
        for drones, values in (
            (["cf1", "cf2"], [0.0] * 7),
            (["cf9", ""], [nan] * 8),
            ([], []),
        ):
            stray = SwarmCommand(kind=message.kind, drones=drones, values=values)
            stray.names, stray.header.stamp = message.names, stamp
            puppet.publisher.publish(stray)
        return message

    puppet.take_off()
    puppet.spoil = spoil
    puppet.wait_for_time(0.5)
    assert puppet.modes == [Mode.POLICY] * 3
    assert puppet.height.min() > 0.5


def test_an_emergency_stops_one_drone_or_all(puppet):
    puppet.take_off()
    puppet.stop("cf2")
    puppet.wait_for_modes(Mode.POLICY, Mode.FAULT, Mode.POLICY)
    assert puppet.faults[1] is Guard.OPERATOR_STOP
    assert puppet.request(Codes.EMERGENCY, ["cf3"]) == [0]
    puppet.wait_for_modes(Mode.POLICY, Mode.FAULT, Mode.FAULT)
    puppet.wait_for_time(0.5)
    assert puppet.height[0] > 0.5
    assert puppet.height[1:].max() < 0.05
    puppet.stop("all")
    puppet.wait_for_modes(Mode.FAULT)
    puppet.wait_for_time(0.5)
    assert puppet.height.max() < 0.05


def test_a_commander_that_dies_has_all_drones_land(puppet):
    puppet.take_off()
    puppet.spoil = lambda message: None
    puppet.wait_for_modes(Mode.FAULT)
    assert puppet.faults == [Guard.COMMAND_STALE] * 3
    puppet.wait_for(lambda: puppet.height.max() < 0.03, "landing")
    assert any(set(message.sources) == {Source.FALLBACK} for message in puppet.commands)


def test_a_second_publisher_ends_all_flights_and_prevents_arming(puppet):
    puppet.take_off()
    intruder = puppet.probe.node.create_publisher(SwarmCommand, puppet.name("command"), qos.COMMAND)
    try:
        puppet.wait_for_modes(Mode.FAULT)
        assert puppet.faults == [Guard.DUPLICATE_PUBLISHER] * 3
        puppet.wait_for(lambda: puppet.height.max() < 0.03, "landing")
        codes = puppet.request(Codes.RESET_FAULT)
        assert all(codes)
    finally:
        puppet.probe.node.destroy_publisher(intruder)


def test_each_drone_answers_a_request_for_itself(puppet):
    puppet.wait_for_time(0.1)
    puppet.wait_for(lambda: puppet.request(Codes.ARM, ["cf2"]) == [0], "arming of cf2")
    assert puppet.request(Codes.ARM) == [0, ArmCode.WRONG_MODE, 0]
    assert puppet.request(Codes.LAND, ["cf3", "cf9", "cf1"]) == [0, 1, 0]
    puppet.wait_for_modes(Mode.IDLE, Mode.STANDBY, Mode.IDLE)
    refused = [PolicyCode.CONTRACT_REFUSED]
    assert puppet.request(Codes.START_POLICY, ["cf2"], contract="robot: [") == refused
    assert puppet.request(99) == [1, 1, 1]
    assert puppet.request(Codes.DISARM, ["cf2"]) == [0]
    puppet.wait_for_modes(Mode.IDLE)


def test_the_services_of_crazyswarm2_arm_and_land(puppet):
    puppet.wait_for_time(0.1)
    call, name = puppet.probe.call, puppet.name
    call(Arm, name("cf1/arm"), Arm.Request(arm=True))
    puppet.wait_for_modes(Mode.STANDBY, Mode.IDLE, Mode.IDLE)
    call(Arm, name("all/arm"), Arm.Request(arm=True))
    puppet.wait_for_modes(Mode.STANDBY)
    call(Land, name("cf3/land"), Land.Request())
    puppet.wait_for_modes(Mode.STANDBY, Mode.STANDBY, Mode.IDLE)
    call(Arm, name("all/arm"), Arm.Request(arm=False))
    puppet.wait_for_modes(Mode.IDLE)


def test_a_flying_swarm_is_not_given_up(puppet):
    puppet.take_off()
    node = puppet.name("swarm_safety_node")
    assert not puppet.probe.change_state(node, Transition.TRANSITION_DEACTIVATE)
    assert not puppet.reset().success
    puppet.wait_for_time(0.3)
    assert puppet.height.min() > 0.5


def test_emergencies_are_answered_in_time(puppet):
    puppet.wait_for_time(0.1)
    puppet.stop("cf1")
    times = []
    for _ in range(5):
        began = time.monotonic()
        puppet.stop("cf1")
        times.append(time.monotonic() - began)
    assert sorted(times)[2] < 0.05
