import numpy as np
import pytest

from untether_hardware.swarm.outcome import SwarmOutcome
from untether_training.swarm.evaluation.cell import Cell
from untether_training.swarm.evaluation.row import SwarmRow


def outcome(arrived, hit_drone):
    """Return the outcome of two drones in two episodes."""
    nothing = np.zeros(4, dtype=bool)
    number = np.array([1.0, 2.0, 3.0, 4.0])
    return SwarmOutcome(
        np.array(arrived), np.array(hit_drone), nothing, nothing, nothing, number, number
    )


def test_a_row_counts_drones_over_all_parts():
    yes, no = [True] * 4, [False] * 4
    parts = [outcome(yes, [False, False, True, False]), outcome(no, no)]
    row = SwarmRow.of(Cell("x", drones=2, success=0.3, collision=0.2), parts)
    assert row.episodes == 4
    assert (row.success.count, row.success.trials) == (3, 8)
    assert row.collision.count == row.hit_drone.count == 1
    assert row.stuck.count == 4
    assert row.way == pytest.approx((1 + 2 + 4) / 3)
    assert row.passed
    assert not SwarmRow.of(Cell("x", drones=2, success=0.4), parts).passed
    assert not SwarmRow.of(Cell("x", drones=2, collision=0.1), parts).passed
    figures = row.figures()
    assert figures["x_success_rate"] == pytest.approx(3 / 8)
    assert figures["x_episodes"] == 4
