"""The bundles of the zoo fly, and do their tasks."""

from pathlib import Path

import pytest

from untether_training.evaluation.evaluator import evaluate_bundle
from untether_training.interactive.evaluator import evaluate_arm
from untether_training.swarm.evaluation.cell import BASE
from untether_training.swarm.evaluation.evaluator import evaluate_swarm

ZOO = Path(__file__).parents[3] / "policies" / "zoo"
SWARMS = sorted(ZOO.glob("*_swarm*"))
ARMS = sorted(ZOO.glob("fr3_*"))
ALONE = sorted(set(ZOO.iterdir()) - set(SWARMS) - set(ARMS))


@pytest.mark.slow
@pytest.mark.parametrize("bundle", ALONE, ids=lambda path: path.name)
def test_a_bundle_of_the_zoo_flies_in_both_simulators(bundle):
    training, *mujoco = evaluate_bundle(bundle, episodes=30, flights=1, seed=77).rows
    assert training.successes >= 27
    assert sum(row.successes for row in mujoco) >= len(mujoco) - 1


@pytest.mark.slow
@pytest.mark.parametrize("bundle", SWARMS, ids=lambda path: path.name)
def test_a_swarm_of_the_zoo_arrives_and_touches_nothing(bundle):
    (row,) = evaluate_swarm(bundle, BASE[:1], episodes=12, seed=77).rows
    assert row.success.value >= 0.9
    assert row.collision.value <= 0.08


@pytest.mark.slow
@pytest.mark.parametrize("bundle", ARMS, ids=lambda path: path.name)
def test_an_arm_of_the_zoo_does_its_task_faster_than_it_was_shown(bundle):
    evaluation = evaluate_arm(bundle, episodes=10, seed=77)
    assert evaluation.policy.successes >= 9
    own, shown = evaluation.policy.mean_time, evaluation.demonstrator.mean_time
    assert own < shown
