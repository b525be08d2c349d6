from dataclasses import replace

import numpy as np
import pytest

from untether_hardware.swarm.outcome import SwarmOutcome
from untether_training.swarm.evaluation.cell import BASE, GRID
from untether_training.swarm.evaluation.evaluation import SwarmEvaluation
from untether_training.swarm.evaluation.plot import plot_grid
from untether_training.swarm.evaluation.row import SwarmRow


def evaluate(cells):
    """Return an evaluation in which half of the drones arrive."""
    rows = []
    for cell in cells:
        count = 4 * cell.drones
        arrived, nothing = np.arange(count) % 2 == 0, np.zeros(count, dtype=bool)
        outcome = SwarmOutcome(arrived, *[nothing] * 4, np.ones(count), np.ones(count))
        rows.append(SwarmRow.of(cell, [outcome]))
    return SwarmEvaluation("test", "0" * 64, 1, 1.0, 1e-6, tuple(rows))


def test_a_grid_becomes_a_picture_with_a_panel_for_each_number_of_drones(tmp_path):
    narrow, wide = tmp_path / "narrow.png", tmp_path / "wide.png"
    plot_grid(evaluate([cell for cell in GRID if cell.drones == 8]), narrow)
    plot_grid(evaluate(GRID), wide)

    def width(path):
        return int.from_bytes(path.read_bytes()[16:20], "big")

    assert width(wide) == pytest.approx(3 * width(narrow), rel=0.01)


def test_rows_outside_of_the_grid_are_not_drawn(tmp_path):
    with pytest.raises(ValueError, match="--grid"):
        plot_grid(evaluate([replace(BASE[0])]), tmp_path / "none.png")
