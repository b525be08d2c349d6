"""Episodes of a real policy through simulated arm, safety stage and policy node, in lockstep."""

import numpy as np
import pytest
from untether_interfaces.action import RunEpisode
from untether_interfaces.msg import ArmSetpoint
from untether_interfaces.srv import LabelEpisode, ResetScene

from untether_hardware.manipulation.registry import make_task
from untether_hardware.safety.events import Guard
from untether_hardware.safety.modes import Mode, Source
from untether_nodes import qos

pytestmark = pytest.mark.ros

CODES = RunEpisode.Result


def test_a_policy_does_its_task_and_only_safe_setpoints_reach_the_arm(person):
    person.arm()
    results = [person.run(reset=True, seed=seed) for seed in (1000, 1001, 1002)]
    assert [result.error_code for result in results] == [CODES.NONE] * 3
    assert sum(result.outcome == CODES.SUCCESS for result in results) >= 2
    for result in results:
        assert result.corrected == result.corrections == 0
        assert 5 <= result.steps <= 100
    workspace = make_task("peg").config.workspace
    assert {setpoint.source for setpoint in person.setpoints} == {Source.POLICY, Source.FALLBACK}
    for setpoint in person.setpoints:
        place = setpoint.pose.position
        position = np.array((place.x, place.y, place.z))
        assert (position >= np.subtract(workspace.lower, 1e-9)).all()
        assert (position <= np.add(workspace.upper, 1e-9)).all()


def test_an_operator_corrects_an_episode_which_then_goes_on(person):
    person.arm()
    future = person.begin(reset=True, seed=1003, max_duration=60.0)
    person.wait_for_mode(Mode.POLICY)
    person.take_over()
    before = person.states[-1].pose.position[2]
    person.wait_for_time(0.6)
    assert person.states[-1].pose.position[2] > before + 0.01
    assert person.setpoints[-1].source == Source.OPERATOR
    person.held = None  # the hand lets go: there is no other sign
    released = person.time
    person.wait_for_mode(Mode.POLICY)
    assert person.time - released < 0.25
    result = person.finish(future)
    assert (result.error_code, result.outcome) == (CODES.NONE, CODES.SUCCESS)
    assert result.corrections == 1
    assert 3 <= result.corrected < result.steps


def test_the_emergency_stop_ends_an_episode_and_holds_the_arm(person):
    person.arm()
    future = person.begin(reset=True, seed=1004)
    person.wait_for_mode(Mode.POLICY)
    person.take_over()  # so that the task is not done meanwhile
    assert person.stop().success
    result = person.finish(future)
    assert result.error_code == CODES.FAULT
    assert (person.mode, person.fault) == (Mode.FAULT, Guard.OPERATOR_STOP)
    person.wait_for_time(0.3)
    place = person.states[-1].pose.position
    person.wait_for_time(0.5)
    assert np.abs(person.states[-1].pose.position - place).max() < 5e-4
    assert person.run().error_code == CODES.NOT_ARMED


@pytest.mark.parametrize(
    ("label", "outcome"),
    [
        (LabelEpisode.Request.FAILURE, CODES.FAILURE),
        (LabelEpisode.Request.DISCARD, CODES.DISCARDED),
    ],
)
def test_a_person_s_label_ends_an_episode(person, label, outcome):
    person.arm()
    future = person.begin(reset=True, seed=1005)
    person.wait_for_mode(Mode.POLICY)
    person.take_over()  # so that the task is not done meanwhile
    request = LabelEpisode.Request(label=label)
    answer = person.call(LabelEpisode, "label_episode", request)
    result = person.finish(future)
    assert (answer.error_code, result.error_code, result.outcome) == (0, CODES.NONE, outcome)
    answer = person.call(LabelEpisode, "label_episode", request)
    assert answer.error_code == LabelEpisode.Response.WRONG_MODE


def test_a_cancelled_episode_ends_and_the_arm_is_held(person):
    person.arm()
    future = person.begin(reset=True, seed=1006)
    person.wait_for_mode(Mode.POLICY)
    person.take_over()
    person.handle.cancel_goal_async()
    assert person.finish(future).error_code == CODES.CANCELED
    person.held = None
    person.wait_for_mode(Mode.STANDBY)


def test_the_deadline_ends_an_episode_as_a_failure(person):
    person.arm()
    result = person.run(reset=True, seed=1007, max_duration=0.3)
    assert (result.error_code, result.outcome) == (CODES.NONE, CODES.FAILURE)
    assert result.timed_out
    assert result.steps == 3


def test_an_arm_that_nobody_armed_runs_no_episode(person):
    person.wait_for(lambda: person.mode is Mode.IDLE, "mode IDLE")
    assert person.run().error_code == CODES.NOT_ARMED


def test_a_scene_is_not_reset_while_the_arm_is_held(person):
    person.arm()
    person.wait_for_time(0.2)
    answer = person.call(ResetScene, "reset_scene", ResetScene.Request(seed=1))
    assert answer.error_code == ResetScene.Response.WRONG_MODE


def test_somebody_else_who_commands_the_arm_trips(person):
    person.arm()
    stranger = person.node.create_publisher(ArmSetpoint, "command", qos.COMMAND)
    person.wait_for_mode(Mode.FAULT)
    assert person.fault is Guard.DUPLICATE_PUBLISHER
    person.node.destroy_publisher(stranger)


def test_a_killed_policy_leaves_an_arm_that_is_held(person, arm_graph):
    """The last test of the module: the policy's process does not come back."""
    person.arm()
    person.begin(reset=True, seed=1008)
    person.wait_for_mode(Mode.POLICY)
    arm_graph.process("arm_policy_node").kill()
    person.wait_for_mode(Mode.FAULT)
    assert person.fault is Guard.COMMAND_STALE
    person.wait_for_time(0.3)
    place = person.states[-1].pose.position
    person.wait_for_time(0.5)
    assert np.abs(person.states[-1].pose.position - place).max() < 5e-4
