"""The arm's safety stage in its own process, with a saboteur in the place of the policy."""

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from sensor_msgs.msg import Image
from tests.hardware.franka.safety.conftest import make_contract
from untether_interfaces.msg import ArmCommand, Command
from untether_interfaces.srv import Arm, Intervene, ResetFault, SelectPolicy

from untether_hardware.franka.twist import ToolTwist
from untether_hardware.safety.events import Guard
from untether_hardware.safety.modes import Mode, Source
from untether_nodes import qos
from untether_nodes.arm.conversions import write_tool_twist
from untether_nodes.conversions import copy_stamp, to_seconds, write_seconds
from untether_policies.contract_file import dump_contract

pytestmark = pytest.mark.ros

CONTRACT = dump_contract(make_contract())
SIDEWAYS = ToolTwist(np.array((0.0, 0.02, 0.0)), np.zeros(3))


@pytest.fixture(scope="module")
def guarded_graph(graph_tools, tmp_path_factory):
    """A simulated arm and its safety stage in lockstep; who commands is left to the tests."""
    made = graph_tools.Graph(tmp_path_factory.mktemp("guarded"), "franka")
    made.start("arm_sim_node", use_sim_time=True, lockstep=True, lockstep_timeout=0.2)
    made.start("arm_safety_node", use_sim_time=True)
    with made.joined():
        yield made


@pytest.fixture
def saboteur(guarded_graph, make_person):
    """A person who answers each picture as a policy would, after ``spoil``."""
    made = make_person()
    made.spoil = lambda command: command
    publisher = made.node.create_publisher(ArmCommand, "policy/command", qos.COMMAND)

    def answer(picture):
        command = ArmCommand(source=Command.SOURCE_POLICY)
        write_tool_twist(SIDEWAYS, command)
        copy_stamp(picture.header.stamp, command.header.stamp)
        spoilt = made.spoil(command)
        if spoilt is not None:
            publisher.publish(spoilt)

    made.listen(Image, "camera/front/image", answer, qos.STATE)
    yield made
    try:
        made.call(SelectPolicy, "select_policy", SelectPolicy.Request(active=False))
        made.recover()
    finally:
        made.close()


def command_as_policy(person):
    """Arm, take command, and wait until the arm is moved."""
    person.arm()
    request = SelectPolicy.Request(active=True, name="saboteur", contract=CONTRACT)
    assert person.call(SelectPolicy, "select_policy", request).error_code == 0
    person.wait_for_mode(Mode.POLICY)
    person.wait_for(lambda: moves(person), "a policy's setpoint")


def moves(person):
    return bool(person.setpoints) and person.setpoints[-1].source == Source.POLICY


def poison(command):
    command.twist.linear.x = float("nan")
    return command


def age(command):
    write_seconds(to_seconds(command.header.stamp) - 0.3, command.header.stamp)
    return command


@pytest.mark.parametrize(
    ("spoil", "guard"),
    [(poison, Guard.NOT_FINITE), (age, Guard.COMMAND_STALE), (lambda _: None, Guard.COMMAND_STALE)],
    ids=["NaN", "late", "silent"],
)
def test_a_bad_policy_is_replaced_by_an_arm_that_is_held(saboteur, spoil, guard):
    command_as_policy(saboteur)
    saboteur.spoil = spoil
    saboteur.wait_for_mode(Mode.FAULT)
    assert saboteur.fault is guard
    saboteur.wait_for(lambda: guard in {event.guard for event in saboteur.events}, "its event")
    saboteur.wait_for_time(0.3)
    place = saboteur.states[-1].pose.position
    saboteur.wait_for_time(0.3)
    assert saboteur.states[-1].pose.position == pytest.approx(place, abs=5e-4)
    assert saboteur.setpoints[-1].source == Source.FALLBACK


def test_a_policy_that_is_too_fast_is_slowed_down_to_its_contract(saboteur):
    def hurry(command):
        command.twist.linear.y = 0.4
        return command

    saboteur.spoil = hurry
    command_as_policy(saboteur)
    saboteur.wait_for(
        lambda: saboteur.setpoints[-1].twist.linear.y > 0.2, "a setpoint after the blend-in"
    )
    for setpoint in saboteur.setpoints:
        assert setpoint.twist.linear.y <= 0.25 + 1e-9
    assert saboteur.mode is Mode.POLICY
    saboteur.wait_for(
        lambda: Guard.VALUE_LIMIT in {event.guard for event in saboteur.events}, "its event"
    )


def test_a_stage_that_is_not_active_refuses_with_a_code_of_the_service(saboteur):
    assert saboteur.change_state("arm_safety_node", Transition.TRANSITION_DEACTIVATE)
    try:
        answers = [
            saboteur.call(Arm, "arm", Arm.Request(arm=True)),
            saboteur.call(Intervene, "intervene", Intervene.Request(take_over=True)),
            saboteur.call(ResetFault, "reset_fault", ResetFault.Request()),
            saboteur.call(SelectPolicy, "select_policy", SelectPolicy.Request(active=False)),
        ]
        assert not saboteur.stop().success
    finally:
        assert saboteur.change_state("arm_safety_node", Transition.TRANSITION_ACTIVATE)
    for answer in answers:
        assert answer.error_code == answer.WRONG_MODE
        assert "activate it" in answer.message
