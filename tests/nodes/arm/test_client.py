"""The command that runs episodes, and its client."""

import json

import pytest

from untether_nodes.arm.client import ArmClient
from untether_nodes.arm.episode import Outcome
from untether_nodes.commands.episodes import main
from untether_nodes.graph_client import FlightClientError

pytestmark = pytest.mark.ros


def test_the_command_arms_runs_tells_and_disarms(arm_graph, tmp_path, capsys):
    path = tmp_path / "episodes.json"
    assert main(["--episodes", "3", "--seed", "1000", "--json", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "1: success after" in printed
    assert "of 3" in printed
    episodes = json.loads(path.read_text())["episodes"]
    assert len(episodes) == 3
    assert sum(episode["outcome"] == "SUCCESS" for episode in episodes) >= 2
    with ArmClient() as robot:
        robot.wait_until_ready()
        assert robot.mode.name == "IDLE"
        assert robot.policy == "fr3_peg"


def test_an_episode_has_its_deadline_and_a_report(arm_graph):
    with ArmClient() as robot:
        robot.wait_until_ready()
        robot.arm()
        report = robot.run_episode(seed=5, max_duration=0.2)
        robot.disarm()
    assert (report.error_code, report.outcome, report.steps) == (0, Outcome.FAILURE, 2)


def test_who_is_not_there_is_named(graph):
    with ArmClient("nobody") as robot, pytest.raises(FlightClientError, match="launch franka"):
        robot.wait_until_ready(0.2)


@pytest.mark.parametrize("arguments", [["--episodes", "0"], ["--namespace", "a b"]])
def test_wrong_arguments_give_status_2(arguments):
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2
