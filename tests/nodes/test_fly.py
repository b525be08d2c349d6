"""``untether fly`` and the client's flight log, with one robot and with two."""

import json
import signal
import subprocess
import sys
from math import dist

import pytest

from untether_hardware.safety import Mode
from untether_nodes.client import FlightClient, FlightClientError
from untether_nodes.commands.fly import main
from untether_nodes.tour import random_tour

pytestmark = pytest.mark.ros


PATIENT = {
    "command_late": 0.2,
    "command_timeout": 0.5,
    "command_max_age": 0.3,
    "state_timeout": 0.5,
    "state_max_age": 0.3,
    "stall_timeout": 1.0,
}
"""A safety stage for computers that are busy with other things, too."""


def start_robot(graph, bundle):
    """Start a robot in lockstep."""
    graph.start("robot_sim_node", use_sim_time=True, lockstep=True)
    graph.start("safety_node", use_sim_time=True)
    graph.start("policy_node", use_sim_time=True, policy=bundle, state_timeout=5.0)


def start_real_time_robot(graph, bundle, namespace, **parameters):
    """Start a robot in real time."""
    graph.start("robot_sim_node", namespace=namespace, **parameters)
    graph.start("safety_node", namespace=namespace, **PATIENT)
    graph.start("policy_node", namespace=namespace, policy=bundle)


def test_a_tour_is_flown_and_told(graph, bundle, tmp_path, capsys):
    start_robot(graph, bundle)
    path = tmp_path / "figures.json"
    assert main(["--waypoints", "2", "--seed", "4", "--json", str(path)]) == 0
    figures = json.loads(path.read_text())
    goals = [tuple(goal["goal"]) for goal in figures["goals"]]
    assert goals == random_tour(2, 4)
    assert (figures["reached"], figures["landed"], figures["safety_events"]) == (2, True, [])
    assert figures["policy"] == "crazyflie-controller"
    printed = capsys.readouterr().out
    assert "2 of 2 reached" in printed
    assert main(["--to", "9", "9", "9"]) == 1
    assert "flight volume" in capsys.readouterr().out


def test_without_a_robot_it_says_what_is_missing(graph, capsys):
    assert main(["--timeout", "1"]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "expected the robot /cf1 to be ready" in printed
    assert "untether launch" in printed


@pytest.mark.parametrize("arguments", [["--waypoints", "0"], ["--to", "1", "2"], ["--nonsense"]])
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_an_interrupt_lands_the_robot(graph, bundle):
    start_robot(graph, bundle)
    command = [sys.executable, "-c", "import sys; from untether_nodes.commands.fly import main; "
               "sys.exit(main(['--hover', '60']))"]  # fmt: skip
    flight = subprocess.Popen(
        command, env=graph.environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with FlightClient() as robot:
        robot.wait_until_ready()
        assert robot.wait_for(lambda: robot.log.state.position[2] > 0.7, 30.0)
        flight.send_signal(signal.SIGINT)
        output, _ = flight.communicate(timeout=30.0)
        assert flight.returncode == 1
        assert "landing" in output and "Traceback" not in output
        assert robot.wait_for(lambda: robot.mode is Mode.IDLE, 20.0)
        assert robot.log.state.position[2] < 0.05


@pytest.mark.slow
def test_two_robots_fly_in_two_namespaces(graph, bundle):
    start_real_time_robot(graph, bundle, "cf1")
    start_real_time_robot(graph, bundle, "cf2", initial_position="[1.0, 0.0, 0.02]")
    with FlightClient("cf1") as first, FlightClient("cf2") as second:
        for robot in (first, second):
            robot.wait_until_ready()
            robot.arm()
        assert first.fly_to((0.0, 0.0, 0.8)).reached
        assert second.fly_to((1.0, 0.0, 0.6)).reached
        first.pump(0.1)
        assert dist(first.log.state.position, (0.0, 0.0, 0.8)) < 0.2
        assert dist(second.log.state.position, (1.0, 0.0, 0.6)) < 0.2
        assert second.land() and second.mode is Mode.IDLE
        first.pump(0.1)
        assert first.mode is Mode.POLICY
        assert first.land()
        flight = first.log.make_flight("cf1", [(0.0, 0.0, 0.8)], 0.15, 0.5)
    assert flight.position[:, 2].max() > 0.7
    assert flight.error[flight.mode == Mode.POLICY][-1] < 0.2
    assert flight.thrust.max() <= 0.1305
    assert flight.duration > 3.0


def test_a_client_refuses_what_is_not_there(graph):
    with FlightClient("nobody") as robot, pytest.raises(FlightClientError, match="/nobody"):
        robot.wait_until_ready(0.5)
