"""``untether swarm``: a flight of a launched swarm, and episodes in a graph of its own."""

import json

import numpy as np
import pytest

from untether_hardware.swarm.outcome import SwarmOutcome
from untether_nodes.commands.swarm import main
from untether_nodes.swarm.episode_watch import RunRecord
from untether_nodes.swarm.episodes import Episode
from untether_nodes.swarm.figures import TITLES, SwarmFigures
from untether_nodes.swarm.scenario import Scenario

GOAL = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
SAMPLES = 400


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenario", "waltz"], "invalid choice"),
        (["--duration", "0"], "above 0"),
        (["--height", "nan"], "a number of metres"),
        (["--episodes", "0"], "at least 1"),
        (["--drones", "4"], "--drones needs --episodes"),
        (["--json", "figures.json"], "--json needs --episodes"),
        (["--episodes", "1", "--density", "1.5"], "expected 0.0 to 0.95"),
        (["--episodes", "1", "--size", "0"], "expected 0.05 to 1.0"),
        (["--episodes", "1", "--seed", "-1"], "at least 0"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_flies(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def make_record(touched_at=None, goal=GOAL):
    """A record of two drones that fly straight to their goals."""
    share = np.linspace(0.0, 1.0, SAMPLES)[:, None, None]
    touched = np.zeros((SAMPLES, 4, 2), dtype=bool)
    if touched_at is not None:
        touched[touched_at, 1, 0] = True
    return RunRecord(share * GOAL, touched, goal, 0.5)


def test_a_touch_counts_after_the_start():
    assert make_record().judge().succeeded.tolist() == [True, True]
    assert make_record(touched_at=100).judge().succeeded.tolist() == [True, True]
    assert make_record(touched_at=200).judge().succeeded.tolist() == [False, True]
    assert make_record(touched_at=200).judge().hit_column.tolist() == [True, False]


def test_who_was_not_flown_has_not_arrived():
    outcome = make_record(goal=np.array([[np.nan] * 3, GOAL[1]])).judge()
    assert outcome.arrived.tolist() == [False, True]


def make_episode(arrived, hit_drone, final=1.0):
    no = np.zeros(2, dtype=bool)
    outcome = SwarmOutcome(
        np.array(arrived), np.array(hit_drone), no, no, no, np.array([final, 0.2]), np.full(2, 4.0)
    )
    return Episode(1, Scenario.RANDOM, outcome, took_off=2, lost=0, code=0)


def test_figures_count_drones_over_episodes():
    episodes = [
        make_episode([True, True], [False, False]),
        make_episode([True, False], [True, False], final=np.nan),
    ]
    figures = SwarmFigures.of("two drones", episodes)
    counts = {name: (rate.count, rate.trials) for name, rate in figures.rates.items()}
    assert counts == {
        "success": (2, 4),
        "collision": (1, 4),
        "hit_drone": (1, 4),
        "hit_room": (0, 4),
        "stuck": (1, 4),
    }
    assert figures.final_distance == pytest.approx(1.4 / 3.0)
    assert figures.way == 4.0
    assert len(figures.cells()) == len(TITLES)


def test_figures_without_a_success_can_be_written():
    figures = SwarmFigures.of("none", [make_episode([False, False], [True, True])])
    text = json.dumps(figures.describe(), allow_nan=False)
    assert json.loads(text)["way_m"] is None
    assert figures.cells()[-1] == "-"


@pytest.mark.ros
def test_nobody_there_ends_with_one_line(graph, capsys):
    assert main(["--timeout", "0.5"]) == 1
    printed = capsys.readouterr().out
    assert "untether launch swarm" in printed
    assert "Traceback" not in printed


@pytest.mark.ros
def test_a_launched_swarm_flies_home_and_lands(graph_tools, swarm_bundle, graph, capsys):
    common = {"namespace": "swarm", "use_sim_time": True, "drones": 2}
    graph.start("swarm_sim_node", lockstep=True, density=0.0, **common)
    graph.start("swarm_safety_node", **common)
    graph.start("swarm_policy_node", policy=swarm_bundle, state_timeout=5.0, **common)
    arguments = ["--namespace", "swarm", "--scenario", "home", "--duration", "2", "--height", "1"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "cf1" in printed
    assert "cf2" in printed
    assert "all landed" in printed
    assert main([*arguments, "--no-land"]) == 0
    assert "landed" not in capsys.readouterr().out


@pytest.mark.ros
@pytest.mark.slow
def test_episodes_are_flown_in_a_graph_of_their_own(swarm_bundle, tmp_path, capsys, monkeypatch):
    for name in ("ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "figures.json"
    arguments = ["--episodes", "2", "--drones", "2", "--density", "0", "--seed", "3"]
    status = main([*arguments, "--policy", str(swarm_bundle), "--json", str(path)])
    printed = capsys.readouterr().out
    assert status == 0, printed
    figures = json.loads(path.read_text())
    assert [episode["scenario"] for episode in figures["episodes"]] == ["random", "shared"]
    assert all(episode["code"] == 0 for episode in figures["episodes"])
    assert all(episode["took_off"] == 2 for episode in figures["episodes"])
    assert figures["rows"][0]["episodes"] == 2
    assert all(figures["episodes"][0]["arrived"])
    assert "2 drones, 0% of 0.6 m" in printed
