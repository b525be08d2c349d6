"""The safety stage in its own process, with a saboteur in the place of the policy, in lockstep."""

from contextlib import contextmanager
from math import inf, nan

import pytest
from lifecycle_msgs.msg import Transition
from untether_interfaces.msg import Command, PolicyStatus
from untether_interfaces.srv import Arm, Intervene, Land, ResetFault, SelectPolicy

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Guard, Mode, Source
from untether_nodes import qos
from untether_nodes.conversions import to_seconds, write_seconds
from untether_policies.contract_file import dump_contract

pytestmark = pytest.mark.ros

FULL = CRAZYFLIE.max_rotor_thrust


def change(**fields):
    """Return a spoiler that overwrites fields of each command."""

    def spoil(command):
        for name, value in fields.items():
            setattr(command, name, value)
        return command

    return spoil


def scale(factor):
    """Return a spoiler that multiplies each command's values."""

    def spoil(command):
        command.values = [factor * value for value in command.values]
        return command

    return spoil


def delay(seconds):
    """Return a spoiler that answers samples of long ago."""

    def spoil(command):
        write_seconds(to_seconds(command.header.stamp) - seconds, command.header.stamp)
        return command

    return spoil


SABOTAGE = {
    "NaN": (change(values=[nan, 0.07, 0.07, 0.07]), Guard.NOT_FINITE),
    "infinite": (change(values=[inf, 0.07, 0.07, 0.07]), Guard.NOT_FINITE),
    "far beyond limits": (change(values=[5.0] * 4), Guard.VALUE_LIMIT),
    "negative": (scale(-1.0), Guard.VALUE_LIMIT),
    "late": (delay(0.2), Guard.COMMAND_STALE),
    "silent": (lambda command: None, Guard.COMMAND_STALE),
    "unknown rotors": (change(names=["a", "b", "c", "d"]), Guard.COMMAND_MISMATCH),
}


@pytest.mark.parametrize("case", SABOTAGE)
def test_a_bad_commander_is_replaced_by_a_landing(puppet, case):
    spoil, guard = SABOTAGE[case]
    puppet.take_off()
    since = puppet.time
    puppet.spoil = spoil
    puppet.wait_for_mode(Mode.FAULT)
    assert puppet.fault is guard
    puppet.wait_for(lambda: puppet.truth[-1].position[2] < 0.03, "landing")
    puppet.assert_commands_are_safe()
    assert guard in puppet.find_guards()
    assert puppet.fallback_delay(since) <= 0.1
    assert puppet.touchdown_speed() < 1.0


def mirror(command):
    """Negate a command about hover: within all limits, so that only the motion gives it away."""
    hover = 2.0 * CRAZYFLIE.hover_rotor_thrust
    command.values = [min(max(hover - value, 0.0), FULL) for value in command.values]
    return command


@pytest.mark.parametrize("spoil", [mirror, scale(5.0), scale(0.0)], ids=["negated", "x5", "zeroed"])
def test_a_policy_that_is_wrong_in_sign_or_size_is_caught_before_the_floor(puppet, spoil):
    puppet.take_off()
    puppet.spoil = spoil
    puppet.wait_for_mode(Mode.FAULT)
    height = puppet.truth[-1].position[2]
    assert height > 0.1
    puppet.wait_for(lambda: puppet.truth[-1].position[2] < 0.03, "landing")
    assert puppet.touchdown_speed() < 1.0


@pytest.mark.parametrize(
    ("fault", "guard"), [("lost", Guard.SENSOR_LOST), ("frozen", Guard.SENSOR_FROZEN)]
)
def test_a_robot_that_loses_its_odometry_is_landed(puppet, fault, guard):
    puppet.take_off()
    assert puppet.set_parameter("robot_sim_node", "odom_fault", fault).successful
    try:
        puppet.wait_for_mode(Mode.FAULT)
        assert puppet.fault is guard
        since = puppet.find_loss()
        puppet.wait_for(lambda: puppet.truth[-1].position[2] < 0.05, "landing")
        assert puppet.touchdown_speed() < 1.0
        assert puppet.fallback_delay(since) <= 0.1
        puppet.assert_commands_are_safe()
    finally:
        assert puppet.set_parameter("robot_sim_node", "odom_fault", "none").successful


@contextmanager
def second_publisher(puppet):
    intruder = puppet.node.create_publisher(Command, "command", qos.COMMAND)
    try:
        yield
    finally:
        puppet.node.destroy_publisher(intruder)


def test_a_second_publisher_ends_the_flight(puppet):
    puppet.take_off()
    with second_publisher(puppet):
        puppet.wait_for_mode(Mode.FAULT)
        assert puppet.fault is Guard.DUPLICATE_PUBLISHER


def test_a_second_publisher_prevents_arming(puppet):
    def is_refused():
        """Arm; a robot that was armed before the intruder got known is brought back."""
        with second_publisher(puppet):
            puppet.wait_for_time(0.2)
            code = puppet.call(Arm, "arm", Arm.Request(arm=True)).error_code
            if code == Arm.Response.OK:
                puppet.wait_for_mode(Mode.FAULT)
        if code == Arm.Response.OK:
            puppet.recover()
        return code == Arm.Response.DUPLICATE_PUBLISHER

    puppet.wait_for(is_refused, "a refusal to arm")


def test_an_emergency_stop_stops_the_motors(puppet):
    from std_srvs.srv import Trigger

    puppet.take_off()
    assert puppet.call(Trigger, "emergency_stop", Trigger.Request()).success
    puppet.wait_for_mode(Mode.FAULT)
    assert puppet.fault is Guard.OPERATOR_STOP
    puppet.wait_for_time(0.1)
    assert list(puppet.commands[-1].values) == [0.0] * 4


def test_the_operator_takes_over_and_hands_back(puppet):
    puppet.take_off()
    assert puppet.intervene(True) == Intervene.Response.NO_COMMAND
    own = puppet.publisher

    def hand_over(command):
        puppet.operator.publish(command)
        return command

    puppet.spoil = hand_over
    puppet.wait_for(lambda: puppet.intervene(True) == Intervene.Response.OK, "taking over")
    puppet.wait_for_mode(Mode.INTERVENTION)
    puppet.wait_for_time(0.3)
    assert puppet.commands[-1].source == Source.OPERATOR
    assert puppet.intervene(False) == Intervene.Response.OK
    puppet.wait_for_mode(Mode.POLICY)
    puppet.wait_for_time(0.3)
    assert puppet.commands[-1].source == Source.POLICY
    assert puppet.publisher is own


def test_every_sample_is_answered_in_every_mode(puppet):
    puppet.arm()
    puppet.wait_for_time(0.5)
    sources = {command.source for command in puppet.commands}
    assert sources == {Source.NONE}
    answered = {to_seconds(command.header.stamp) for command in puppet.commands}
    # Commands may have been connected later than odometry, and the last is on its way.
    asked = {state.stamp for state in puppet.odometry[:-2] if state.stamp > min(answered)}
    assert len(asked) > 40
    assert asked <= answered


def test_arming_is_refused_in_the_wrong_mode(puppet):
    puppet.arm()
    answer = puppet.call(Arm, "arm", Arm.Request(arm=True))
    assert answer.error_code == Arm.Response.WRONG_MODE
    assert "IDLE" in answer.message
    assert puppet.call(Arm, "arm", Arm.Request(arm=False)).error_code == Arm.Response.OK
    puppet.wait_for_mode(Mode.IDLE)


def test_a_robot_in_the_air_can_not_be_disarmed_but_lands(puppet):
    puppet.take_off()
    assert puppet.select(active=False).error_code == SelectPolicy.Response.OK
    puppet.wait_for_mode(Mode.STANDBY)
    puppet.flying = False
    answer = puppet.call(Arm, "arm", Arm.Request(arm=False))
    assert answer.error_code == Arm.Response.AIRBORNE
    assert puppet.land() == 0
    puppet.wait_for_mode(Mode.IDLE)
    assert puppet.truth[-1].position[2] < 0.05
    assert puppet.touchdown_speed() < 1.0
    assert puppet.find_guards() == []


def test_a_contract_that_does_not_fit_is_refused_with_its_reason(puppet, controller):
    puppet.arm()
    other = dump_contract(controller.make_contract(robot="anafi"))
    answer = puppet.select(contract=other)
    assert answer.error_code == SelectPolicy.Response.CONTRACT_REFUSED
    assert "anafi" in answer.message
    answer = puppet.select(contract="name: [")
    assert answer.error_code == SelectPolicy.Response.CONTRACT_REFUSED
    assert puppet.mode is Mode.STANDBY


HUGE = "a: [" + "1," * 300_000 + "]"


def test_no_request_in_flight_makes_the_control_loop_read_a_contract(puppet, controller):
    other = dump_contract(controller.make_contract(name="other"))
    puppet.take_off()
    for text, reason in ((HUGE, "characters"), (other, "known before take-off")):
        answer = puppet.select(contract=text)
        assert answer.error_code == SelectPolicy.Response.CONTRACT_REFUSED
        assert reason in answer.message
    assert puppet.select().error_code == SelectPolicy.Response.OK
    assert puppet.mode is Mode.POLICY
    assert puppet.find_guards() == []


def test_no_status_in_flight_makes_the_control_loop_read_a_contract(puppet):
    publisher = puppet.node.create_publisher(PolicyStatus, "policy_status", qos.LATCHED)
    puppet.take_off()
    puppet.wait_for(publisher.get_subscription_count, "a connection to safety_node")
    publisher.publish(PolicyStatus(contract=HUGE))
    puppet.wait_for_time(1.0)
    puppet.node.destroy_publisher(publisher)
    assert puppet.mode is Mode.POLICY
    assert puppet.find_guards() == []


def test_a_stage_that_is_not_active_refuses_with_a_code_of_the_service(puppet):
    assert puppet.change_state("safety_node", Transition.TRANSITION_DEACTIVATE)
    try:
        answers = [
            puppet.call(Arm, "arm", Arm.Request(arm=True)),
            puppet.call(Land, "land", Land.Request()),
            puppet.call(Intervene, "intervene", Intervene.Request(take_over=True)),
            puppet.call(ResetFault, "reset_fault", ResetFault.Request()),
            puppet.select(active=False),
        ]
    finally:
        assert puppet.change_state("safety_node", Transition.TRANSITION_ACTIVATE)
    for answer in answers:
        assert answer.error_code == answer.WRONG_MODE
        assert "activate it" in answer.message


def test_parameters_change_only_when_they_may(puppet):
    result = puppet.set_parameter("safety_node", "tilt_limit", 1.0)
    assert not result.successful and "unconfigured" in result.reason
    result = puppet.set_parameter("robot_sim_node", "odom_fault", "broken")
    assert not result.successful and "none, lost, frozen" in result.reason
    result = puppet.set_parameter("safety_node", "autostart", False)
    assert not result.successful
