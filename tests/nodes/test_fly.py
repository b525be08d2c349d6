"""``untether fly`` and the client's flight log, with one robot and with two."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
from math import dist, nan

import pytest

from untether_hardware.safety import Mode
from untether_nodes.client import FlightClient, FlightClientError
from untether_nodes.commands.fly import main
from untether_nodes.flight_goal import Task
from untether_nodes.flight_legs import Leg, LegsFlown
from untether_nodes.goal_report import GoalReport
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


def test_what_was_not_measured_is_null_in_the_figures(graph, monkeypatch, tmp_path):
    report = GoalReport((0.0, 0.0, 1.0), 100, "silence", 0.0, nan, nan, 0, nan, nan)
    flown = LegsFlown([Leg(Task.HOVER, report.goal)], [report])
    monkeypatch.setattr("untether_nodes.flight_legs.fly_legs", lambda *_, **__: flown)
    path = tmp_path / "figures.json"
    assert main(["--hover", "--json", str(path)]) == 1
    (goal,) = json.loads(path.read_text(), parse_constant=pytest.fail)["goals"]
    assert (goal["duration"], goal["mean_error"], goal["inference_p50"]) == (0.0, None, None)


def test_figures_that_the_disk_refuses_are_printed(graph, monkeypatch, tmp_path, capsys):
    def refuse(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("untether_policies.folder.write_atomically", refuse)
    assert main(["--timeout", "1", "--json", str(tmp_path / "figures.json")]) == 1
    printed = capsys.readouterr().out
    assert "No space left on device" in printed
    assert '"reached": 0' in printed


def test_without_a_robot_it_says_what_is_missing(graph, capsys):
    assert main(["--timeout", "1"]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "expected the robot /cf1 to be ready" in printed
    assert "untether launch" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--waypoints", "0"], "at least 1"),
        (["--waypoints", "many"], "a whole number"),
        (["--seed", "-1"], "at least 0"),
        (["--to", "1", "2"], "expected 3 arguments"),
        (["--to", "1", "2", "nan"], "a number of metres"),
        (["--hover", "-1"], "seconds above 0"),
        (["--timeout", "inf"], "seconds above 0"),
        (["--namespace", "a b"], "letters, digits and _"),
        (["--json", "/proc/figures.json"], "a file that can be written"),
        (["--nonsense"], "unrecognized"),
    ],
)
def test_wrong_arguments_are_refused_before_the_flight(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


HOVER = [sys.executable, "-c", "import sys; from untether_nodes.commands.fly import main; "
         "sys.exit(main(['--hover', '60', *sys.argv[1:]]))"]  # fmt: skip


def test_an_interrupt_lands_the_robot(graph, bundle):
    start_robot(graph, bundle)
    flight = subprocess.Popen(
        HOVER, env=graph.environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with FlightClient() as robot:
        robot.wait_until_ready()
        assert robot.wait_for(lambda: robot.log.state.position[2] > 0.7, 30.0)
        flight.send_signal(signal.SIGINT)
        output, _ = flight.communicate(timeout=30.0)
        assert flight.returncode == 1
        assert "interrupted; landed" in output and "Traceback" not in output
        assert robot.wait_for(lambda: robot.mode is Mode.IDLE, 20.0)
        assert robot.log.state.position[2] < 0.05


def test_the_end_of_the_terminal_lands_the_robot_and_keeps_the_figures(graph, bundle, tmp_path):
    start_robot(graph, bundle)
    path = tmp_path / "figures.json"
    terminal, end = os.openpty()
    flight = subprocess.Popen(
        [*HOVER, "--json", str(path)],
        env={**graph.environment, "TERM": "xterm"}, stdin=end, stdout=end, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(end)
    with FlightClient() as robot:
        robot.wait_until_ready()
        assert robot.wait_for(lambda: robot.log.state.position[2] > 0.7, 30.0)
        os.close(terminal)
        _, errors = flight.communicate(timeout=30.0)
        assert "Traceback" not in errors
        assert robot.wait_for(lambda: robot.mode is Mode.IDLE, 20.0)
        assert robot.log.state.position[2] < 0.05
    assert json.loads(path.read_text())["landed"] is True


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
