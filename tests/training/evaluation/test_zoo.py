"""The bundles of the zoo fly."""

from pathlib import Path

import pytest

from untether_training.evaluation.evaluator import evaluate_bundle

ZOO = sorted((Path(__file__).parents[3] / "policies" / "zoo").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("bundle", ZOO, ids=lambda path: path.name)
def test_a_bundle_of_the_zoo_flies_in_both_simulators(bundle):
    training, *mujoco = evaluate_bundle(bundle, episodes=30, flights=1, seed=77).rows
    assert training.successes >= 27
    assert sum(row.successes for row in mujoco) >= len(mujoco) - 1
