"""Counting episodes into a row, and the row's figures."""

import json
import math

import numpy as np
import pytest

from untether_training.evaluation.outcome import Episodes, Outcome
from untether_training.evaluation.row import EvaluationRow

OUTCOMES = [
    Outcome.SUCCESS,
    Outcome.SUCCESS,
    Outcome.TIMEOUT,
    Outcome.GROUND,
    Outcome.FLIPPED,
    Outcome.LOST,
    Outcome.SUCCESS,
    Outcome.SUCCESS,
]


def make_episodes(outcomes):
    count = len(outcomes)
    success = np.array(outcomes) == Outcome.SUCCESS
    return Episodes(
        outcome=np.array(outcomes, np.int64),
        time_to_goal=np.where(success, 1.0 + np.arange(count), np.nan),
        final_distance=np.full(count, 0.1),
        mean_speed=np.full(count, 0.5),
        peak_speed=np.arange(count, dtype=float),
        tracking_error=np.where(success, 0.05, np.nan),
    )


def make_row(outcomes, target=None):
    return EvaluationRow.of("mujoco", "nominal", "nominal", make_episodes(outcomes), target)


def test_every_outcome_is_counted_once():
    row = make_row(OUTCOMES)
    counts = (row.successes, row.timeouts, row.grounded, row.flipped, row.lost)
    assert counts == (4, 1, 1, 1, 1)
    assert sum(counts) == row.episodes
    assert row.success_rate == 0.5
    assert row.lower < 0.5 < row.upper


def test_means_are_over_the_episodes_that_have_a_figure():
    row = make_row(OUTCOMES)
    assert row.time_to_goal == pytest.approx((1 + 2 + 7 + 8) / 4)
    assert row.tracking_error == pytest.approx(0.05)
    assert row.peak_speed == 7.0


@pytest.mark.parametrize(
    ("successes", "target", "passed"), [(98, 0.98, True), (97, 0.98, False), (0, None, True)]
)
def test_target_decides(successes, target, passed):
    outcomes = [Outcome.SUCCESS] * successes + [Outcome.TIMEOUT] * (100 - successes)
    assert make_row(outcomes, target).passed is passed


def test_figures_are_flat_prefixed_and_fit_for_json():
    figures = make_row([Outcome.TIMEOUT] * 3, target=0.98).figures()
    assert all(name.startswith("mujoco_nominal_") for name in figures)
    assert figures["mujoco_nominal_time_to_goal_s"] is None
    assert figures["mujoco_nominal_success_rate"] == 0.0
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_joined_batches_count_as_one():
    halves = [make_episodes(OUTCOMES[:3]), make_episodes(OUTCOMES[3:])]
    joined = Episodes.join(halves)
    assert joined.outcome.tolist() == OUTCOMES
    assert joined.count == 8
    assert math.isnan(joined.time_to_goal[2])
