"""Draws how a swarm's policy fares among more drones, more columns and larger ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from untether_hardware.crazyflie.plot_style import PLOT_STYLE
from untether_training.swarm.evaluation.cell import GRID
from untether_training.swarm.evaluation.evaluation import SwarmEvaluation
from untether_training.swarm.evaluation.row import SwarmRow

_COLORS = ("#22965a", "#2563c8", "#c82d32")
_SHIFT = 0.8  # [%] between the marks of two sizes, so that their intervals do not cover each other


def plot_grid(evaluation: SwarmEvaluation, path: Path) -> None:
    """Write a picture of success over density, a panel for each number of drones.

    Args:
        evaluation: With rows of the grid; others are left out.
        path: PNG file to write.

    Raises:
        ValueError: When there is no row of the grid.
    """
    import matplotlib
    from matplotlib.figure import Figure

    names = {cell.name for cell in GRID}
    rows = [row for row in evaluation.rows if row.cell.name in names]
    if not rows:
        raise ValueError("expected rows of the grid, got none. Fix: evaluate with --grid.")
    swarms = sorted({row.cell.drones for row in rows})
    with matplotlib.rc_context(PLOT_STYLE):  # pyright: ignore[reportArgumentType]
        figure = Figure(figsize=(3.2 * len(swarms), 3.2), dpi=140, layout="constrained")
        panels = figure.subplots(1, len(swarms), sharey=True, squeeze=False)[0]
        for axes, drones in zip(panels, swarms, strict=True):
            chosen = [row for row in rows if row.cell.drones == drones]
            for number, size in enumerate(sorted({row.cell.size for row in chosen})):
                line = [row for row in chosen if row.cell.size == size]
                _draw_line(axes, line, number)
            axes.set(title=f"{drones} drones", xlabel="cells with a column [%]", ylim=(0, 102))
        panels[0].set_ylabel("success [%]")
        panels[0].legend(title="columns of", loc="lower left", frameon=False)
        figure.suptitle(f"{evaluation.bundle}, seed {evaluation.seed}", fontsize=10)
        figure.savefig(path)


def _draw_line(axes, rows: Sequence[SwarmRow], number: int) -> None:  # noqa: ANN001 - Matplotlib's
    """Draw the rows of one size, with their intervals."""
    rows = sorted(rows, key=lambda row: row.cell.density)
    density = [100.0 * row.cell.density + _SHIFT * (number - 1) for row in rows]
    success = [100.0 * row.success.value for row in rows]
    below = [100.0 * (row.success.value - row.success.lower) for row in rows]
    above = [100.0 * (row.success.upper - row.success.value) for row in rows]
    axes.errorbar(
        density,
        success,
        yerr=(below, above),
        color=_COLORS[number % len(_COLORS)],
        marker="o",
        markersize=3.5,
        linewidth=1.2,
        elinewidth=0.8,
        label=f"{rows[0].cell.size:g} m",
    )
