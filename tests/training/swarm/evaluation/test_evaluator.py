import json
from dataclasses import replace

import pytest

from untether_policies.bundle import load_bundle
from untether_policies.errors import BundleError
from untether_training.commands.evaluate import main
from untether_training.swarm.config import SwarmConfig
from untether_training.swarm.evaluation import cell, evaluator
from untether_training.swarm.evaluation.cell import BASE, GRID, Cell
from untether_training.swarm.evaluation.evaluator import evaluate_swarm
from untether_training.swarm.evaluation.table import write_table
from untether_training.swarm.goals import JumpingGoal
from untether_training.swarm.showcase import fly_showcase

SHORT = [Cell("few", drones=3), Cell("many", drones=5, density=0.6, randomised=True)]


@pytest.fixture
def short(monkeypatch):
    """Let episodes last 2 s."""
    monkeypatch.setattr(evaluator, "SwarmConfig", lambda **k: SwarmConfig(episode_time=2.0, **k))


def test_a_policy_flies_through_its_cells_as_a_bundle(bundle, short):
    progress = []
    evaluation = evaluate_swarm(
        bundle, SHORT, episodes=5, seed=3, on_progress=lambda *at: progress.append(at)
    )
    few, many = evaluation.rows
    assert few.success.trials == 15
    assert many.success.trials == 25
    assert few.success.count + few.collision.count + few.stuck.count == 15
    assert progress[-1] == (800, 800)
    assert evaluation.figures()["many_episodes"] == 5
    assert evaluation.sha256 == load_bundle(bundle).sha256


def test_a_policy_that_sees_columns_one_by_one_is_told_of_them(columns_bundle, bundle, short):
    seen, unseen = (
        evaluate_swarm(path, SHORT[:1], episodes=2, seed=3).rows[0]
        for path in (columns_bundle, bundle)
    )
    assert seen.success.trials == unseen.success.trials
    flight = fly_showcase(columns_bundle, seed=1)
    assert len(flight.outcome.arrived) == 8


def test_equal_seeds_give_equal_figures(bundle, short):
    first, second, other = (
        evaluate_swarm(bundle, SHORT[:1], episodes=4, seed=seed).rows[0] for seed in (3, 3, 4)
    )
    assert first == second
    assert first.final_distance != other.final_distance


def test_a_bundle_of_a_lone_drone_is_refused():
    with pytest.raises(BundleError, match="neighbours and obstacles"):
        evaluate_swarm("policies/zoo/crazyflie_waypoint", SHORT)


def test_cells_have_names_of_their_own():
    names = [cell.name for cell in (*BASE, *GRID)]
    assert len(set(names)) == len(names) == 7 + 36
    assert "drones_32_density_80_size_06" in names
    assert replace(GRID[0]) == GRID[0]


def test_the_command_flies_the_cells_of_the_protocol(bundle, short, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cell, "BASE", (Cell("base", success=1.0), Cell("jump", (JumpingGoal,))))
    path = tmp_path / "figures.json"
    assert main([str(bundle), "--episodes", "2", "--workers", "1", "--json", str(path)]) == 1
    printed = capsys.readouterr().out
    assert "MISSED" in printed
    assert "jump" in printed
    figures = json.loads(path.read_text(encoding="utf-8"))
    assert figures["jump_episodes"] == 2
    assert figures["provenance"]["seed"] == 1000


def test_the_card_table_tells_how_to_make_it_again(bundle, short):
    evaluation = evaluate_swarm(bundle, SHORT, episodes=2)
    table = write_table(evaluation)
    assert "| few |" in table
    assert "untether eval swarm --episodes 2 --seed 1000" in table
