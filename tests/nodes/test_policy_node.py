"""The policy node with its action, in a graph of real processes in lockstep."""

from math import dist, nan

import pytest
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.msg import Transition
from untether_interfaces.action import RunPolicy

from untether_hardware.safety import Mode
from untether_nodes import qos
from untether_nodes.client import FlightClient
from untether_policies.contract_file import parse_contract

pytestmark = pytest.mark.ros

CODES = RunPolicy.Result
START, ASIDE = (0.0, 0.0, 0.6), (0.8, 0.3, 0.8)


@pytest.fixture(scope="module")
def policy_graph(lockstep_graph, bundle):
    """The module's robot with a policy node."""
    lockstep_graph.start("policy_node", use_sim_time=True, policy=bundle, state_timeout=5.0)
    return lockstep_graph


@pytest.fixture
def robot(policy_graph, puppet):
    """A client of the module's robot."""
    with FlightClient() as client:
        client.wait_until_ready()
        yield client


def make_goal(position, **fields):
    request = RunPolicy.Goal(**fields)
    request.goal.x, request.goal.y, request.goal.z = position
    return request


def wait_for_result(robot, future):
    assert robot.wait_for(future.done, 30.0), robot.mode
    return future.result()


def test_a_goal_is_reached_with_feedback_on_the_way(robot):
    feedback = []
    robot.arm()
    report = robot.fly_to(START, tolerance=0.1, hold_time=0.3, on_feedback=feedback.append)
    assert report.reached, report
    assert report.final_distance < 0.1 and 0.0 < report.mean_error < 0.1
    assert 0.5 < report.duration < 6.0
    assert 50 < report.ticks < 100 * report.duration + 2
    assert 0.0 < report.inference_p50 <= report.inference_p99
    elapsed = [one.elapsed for one in feedback]
    assert len(feedback) > 3
    assert elapsed == sorted(elapsed)
    assert feedback[-1].distance < feedback[0].distance
    assert feedback[-1].mode == Mode.POLICY


def test_goals_in_a_row_keep_the_policy_in_command(robot, puppet):
    robot.arm()
    assert robot.fly_to(START).reached
    puppet.modes.clear()
    assert robot.fly_to(ASIDE).reached
    assert robot.hover(ASIDE, 1.0).reached
    assert robot.mode is Mode.POLICY
    assert puppet.modes == []


def test_a_newer_goal_takes_the_place_of_an_older_one(robot):
    robot.arm()
    first = robot.send(make_goal(ASIDE, max_duration=20.0))
    second = robot.send(make_goal(START, max_duration=20.0))
    result = wait_for_result(robot, first).result
    assert result.error_code == CODES.PREEMPTED
    assert robot.mode is Mode.POLICY
    assert wait_for_result(robot, second).result.error_code == CODES.NONE


def test_a_bad_goal_does_not_disturb_the_one_that_is_flown(robot):
    robot.arm()
    first = robot.send(make_goal(START, max_duration=20.0))
    bad = wait_for_result(robot, robot.send(make_goal((9.0, 0.0, 1.0)))).result
    assert bad.error_code == CODES.INVALID_GOAL
    assert "flight volume" in bad.error_msg
    assert wait_for_result(robot, first).result.error_code == CODES.NONE


def test_a_cancelled_goal_ends_in_a_hover_where_the_robot_is(robot, puppet):
    robot.arm()
    assert robot.fly_to(START).reached
    running = robot.send(make_goal(ASIDE, hold_time=30.0, max_duration=60.0))
    robot.wait_for(lambda: dist(puppet_position(robot), ASIDE) < 0.5, 30.0)
    robot.cancel()
    response = wait_for_result(robot, running)
    assert response.result.error_code == CODES.CANCELED
    assert response.status == 5  # GoalStatus.STATUS_CANCELED
    here = puppet_position(robot)
    puppet.wait_for_time(1.0)
    assert robot.mode is Mode.POLICY
    assert dist(puppet.truth[-1].position, here) < 0.5
    assert dist(puppet.truth[-1].linear_velocity, (0, 0, 0)) < 0.3


def puppet_position(robot):
    robot.pump(0.01)
    return robot.log.state.position


def test_a_goal_that_takes_too_long_ends_at_its_deadline(robot):
    robot.arm()
    report = robot.fly_to(ASIDE, hold_time=30.0, timeout=2.0)
    assert report.error_code == CODES.DEADLINE
    assert report.duration == pytest.approx(2.0, abs=0.05)
    assert robot.mode is Mode.POLICY


def test_a_figure_eight_is_tracked(robot):
    robot.arm()
    assert robot.fly_to(START).reached
    report = robot.figure_eight(START, 6.0, period=6.0, size=0.3)
    assert report.reached, report
    assert report.mean_error < 0.2


INVALID = [
    (START, {"task": 9}, "task"),
    ((nan, 0.0, 1.0), {}, "finite"),
    ((0.0, 0.0, 0.0), {}, "goal z"),
    (START, {"tolerance": -1.0}, "tolerance"),
]


def test_goals_that_can_not_be_flown_are_refused_with_their_reasons(robot):
    for position, fields, word in INVALID:
        result = wait_for_result(robot, robot.send(make_goal(position, **fields))).result
        assert result.error_code == CODES.INVALID_GOAL
        assert word in result.error_msg
    report = robot.fly_to(START)
    assert report.error_code == CODES.NOT_ARMED
    assert robot.mode is Mode.IDLE


def test_the_robot_lands_after_the_goal_if_asked_to(robot, puppet):
    robot.arm()
    assert robot.fly_to(START, land_after=True).reached
    puppet.wait_for_mode(Mode.IDLE)
    assert puppet.touchdown_speed() < 1.0


def test_a_landing_on_somebody_elses_wish_ends_the_goal(robot, puppet):
    robot.arm()
    running = robot.send(make_goal(ASIDE, hold_time=30.0, max_duration=60.0))
    puppet.wait_for(lambda: puppet.truth and puppet.truth[-1].position[2] > 0.5, "take-off")
    assert puppet.land() == 0
    assert wait_for_result(robot, running).result.error_code == CODES.INTERVENTION
    assert robot.wait_for(lambda: robot.mode is Mode.IDLE, 30.0)


def test_a_fault_ends_the_goal(robot, puppet):
    robot.arm()
    running = robot.send(make_goal(ASIDE, hold_time=30.0, max_duration=60.0))
    puppet.wait_for(lambda: puppet.truth and puppet.truth[-1].position[2] > 0.5, "take-off")
    puppet.set_parameter("robot_sim_node", "odom_fault", "lost")
    try:
        assert wait_for_result(robot, running).result.error_code == CODES.FAULT
        puppet.wait_for(lambda: puppet.truth[-1].position[2] < 0.05, "landing")
    finally:
        puppet.set_parameter("robot_sim_node", "odom_fault", "none")


def test_goal_pose_moves_the_hover_and_nothing_else(robot, puppet):
    publisher = puppet.node.create_publisher(PoseStamped, "goal_pose", qos.STATE)
    puppet.wait_for(publisher.get_subscription_count, "a connection")
    robot.arm()
    assert robot.fly_to(START).reached
    message = PoseStamped()
    message.header.frame_id = "map"
    point = message.pose.position
    point.x, point.y, point.z = ASIDE
    publisher.publish(message)
    puppet.wait_for_time(0.5)
    puppet.wait_for(lambda: dist(puppet.truth[-1].position, ASIDE) < 0.15, "the new hover")
    point.x = 9.0
    publisher.publish(message)
    puppet.wait_for_time(0.5)
    assert dist(puppet.truth[-1].position, ASIDE) < 0.3


def test_the_status_tells_what_runs(robot, bundle):
    status = robot.policy
    assert status.bundle == str(bundle)
    assert parse_contract(status.contract).name == status.name == "crazyflie-controller"
    assert (status.rate, status.running) == (100.0, False)
    robot.arm()
    running = robot.send(make_goal(START))
    assert robot.wait_for(lambda: robot.policy.running, 10.0)
    assert wait_for_result(robot, running).result.error_code == CODES.NONE
    assert robot.wait_for(lambda: not robot.policy.running, 10.0)


def test_a_deactivated_policy_leaves_the_robot_to_the_safety_stage(robot, puppet):
    robot.arm()
    running = robot.send(make_goal(ASIDE, hold_time=30.0, max_duration=60.0))
    puppet.wait_for(lambda: puppet.truth and puppet.truth[-1].position[2] > 0.5, "take-off")
    assert puppet.change_state("policy_node", Transition.TRANSITION_DEACTIVATE)
    try:
        assert wait_for_result(robot, running).result.error_code == CODES.NO_POLICY
        puppet.wait_for_mode(Mode.STANDBY)
        puppet.wait_for_time(0.5)
        assert puppet.truth[-1].position[2] > 0.4
        refused = wait_for_result(robot, robot.send(make_goal(START))).result
        assert refused.error_code == CODES.NO_POLICY
    finally:
        assert puppet.change_state("policy_node", Transition.TRANSITION_ACTIVATE)
    assert robot.fly_to(START).reached
    assert robot.land()


@pytest.mark.slow
def test_a_client_waits_as_long_as_a_goal_makes_progress(graph, make_puppet, bundle):
    """In lockstep at a tenth of real time: two seconds of hovering take more than 17 seconds."""
    graph.start("robot_sim_node", use_sim_time=True, lockstep=True, lockstep_speed=0.1)
    graph.start("safety_node", use_sim_time=True)
    graph.start("policy_node", use_sim_time=True, policy=bundle, state_timeout=5.0)
    make_puppet()
    with FlightClient() as client:
        client.wait_until_ready()
        client.arm()
        report = client.hover(START, 2.0)
    assert report.reached, report
    assert report.duration == pytest.approx(2.0, abs=0.05)


def test_another_bundle_needs_no_restart(robot, puppet, controller, tmp_path):
    other = controller.write_controller(tmp_path / "other", name="other-controller")
    assert not puppet.set_parameter("policy_node", "policy", str(other)).successful
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP):
        assert puppet.change_state("policy_node", transition)
    assert puppet.set_parameter("policy_node", "policy", str(tmp_path / "none")).successful
    assert not puppet.change_state("policy_node", Transition.TRANSITION_CONFIGURE)
    assert puppet.find_state("policy_node") == "unconfigured"
    assert puppet.set_parameter("policy_node", "policy", str(other)).successful
    for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        assert puppet.change_state("policy_node", transition)
    assert robot.wait_for(lambda: robot.policy.name == "other-controller", 10.0)
    robot.arm()
    assert robot.fly_to(START).reached
