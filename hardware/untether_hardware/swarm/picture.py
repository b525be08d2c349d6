"""A picture of a swarm's flight: the room from above, distances to the goals, and heights."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from untether_hardware.crazyflie.plot_style import PLOT_STYLE
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.flight import SwarmFlight
from untether_hardware.swarm.outcome import SwarmOutcome
from untether_hardware.swarm.palette import find_drone_color

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMN, _COLUMN_EDGE, _SHADOW = "#b9c0cb", "#8b95a5", "#dfe3e9"
_SOFT, _RED, _GREEN = "#4a5565", "#c82d32", "#22965a"
_LABELLED = 16  # drones up to which each start has its number


def plot_swarm_flight(
    flight: SwarmFlight, path: str | Path, *, title: str = "Swarm flight", dpi: int = 160
) -> Path:
    """Write a picture of a flight.

    Args:
        flight: The flight.
        path: File to write, e.g. ``flight.png``; its folder must be there.
        title: Heading.
        dpi: Pixels an inch; the picture is 12 by 7 inches.

    Returns:
        The path.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    with mpl.rc_context(PLOT_STYLE):  # pyright: ignore[reportArgumentType]
        figure = Figure(figsize=(12.0, 7.0), facecolor="white")
        FigureCanvasAgg(figure)
        above = figure.add_axes((0.045, 0.07, 0.48, 0.825))
        _plot_room(above, flight.columns)
        _plot_paths(above, flight)
        grid = figure.add_gridspec(
            2, 1, left=0.585, right=0.985, bottom=0.07, top=0.885, hspace=0.1
        )
        error, height = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
        _plot_error(error, flight)
        _plot_height(height, flight)
        figure.align_ylabels([error, height])
        figure.text(0.025, 0.96, title, fontsize=15, fontweight="bold", va="center")
        summary = "  ·  ".join(describe_outcome(flight.outcome))
        figure.text(0.025, 0.918, summary, fontsize=9.5, color=_SOFT, va="center")
        figure.savefig(path, dpi=dpi)
    return path


def describe_outcome(outcome: SwarmOutcome) -> list[str]:
    """Return how the drones fared, in a few phrases.

    Args:
        outcome: How they fared.
    """
    drones = len(outcome.arrived)
    hits = {
        "hit a drone": outcome.hit_drone,
        "hit a column": outcome.hit_column,
        "hit a wall": outcome.hit_wall,
        "hit the floor": outcome.hit_floor,
        "stuck": outcome.stuck,
    }
    return [
        f"{outcome.succeeded.sum()} of {drones} drones arrived without collision",
        *[f"{flags.sum()} {name}" for name, flags in hits.items() if flags.any()],
        f"{np.mean(outcome.final_distance):.2f} m mean distance at the end",
        f"{np.mean(outcome.way):.1f} m mean way",
    ]


def _plot_room(axes: "Axes", columns: Columns) -> None:
    from matplotlib.patches import Circle, Rectangle

    half, cells = 0.5 * columns.room, 0.5 * columns.cells
    axes.add_patch(
        Rectangle((-half, -half), 2 * half, 2 * half, fill=False, edgecolor=_COLUMN_EDGE, lw=1.6)
    )
    axes.add_patch(
        Rectangle((-cells, -cells), 2 * cells, 2 * cells, facecolor="#f7f8fa", edgecolor="#d3d9e2",
                  lw=0.8, ls=(0, (4, 3)), zorder=0)
    )  # fmt: skip
    for (x, y), radius in zip(columns.centre.tolist(), columns.radius.tolist(), strict=True):
        axes.add_patch(Circle((x + 0.05, y - 0.05), radius, color=_SHADOW, lw=0, zorder=1))
        axes.add_patch(Circle((x, y), radius, facecolor=_COLUMN, edgecolor=_COLUMN_EDGE, lw=0.8))
    axes.set_xlim(-half - 0.1, half + 0.1)
    axes.set_ylim(-half - 0.1, half + 0.1)
    axes.set_aspect("equal")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("x [m]")
    axes.set_ylabel("y [m]")


def _plot_paths(axes: "Axes", flight: SwarmFlight) -> None:
    crowded = flight.drones > _LABELLED
    for drone in range(flight.drones):
        color = _color(drone)
        x, y, _ = flight.position[:, drone].T
        start, goal, end = (x[0], y[0]), flight.goal[-1, drone], (x[-1], y[-1])
        axes.plot(x, y, color=color, lw=1.0 if crowded else 1.6, alpha=0.85, zorder=4)
        axes.plot(*start, "o", mfc="white", mec=color, mew=1.4, ms=5 if crowded else 9, zorder=5)
        axes.plot(*goal[:2], "x", color=color, ms=5 if crowded else 7, mew=1.8, zorder=6)
        axes.plot(*end, "o", color=color, mec="white", mew=0.7, ms=5 if crowded else 7, zorder=7)
        if not crowded:
            axes.text(*start, str(drone + 1), color=color, fontsize=6.5, fontweight="bold",
                      ha="center", va="center_baseline", zorder=8)  # fmt: skip
        hits = np.flatnonzero(np.diff(flight.touching[:, drone].astype(int)) > 0) + 1
        axes.plot(x[hits], y[hits], ls="", marker=(8, 1, 0), mfc=_RED, mec="white", mew=0.5, ms=11,
                  zorder=9)  # fmt: skip
    axes.plot([], [], "o", color=_SOFT, mfc="white", mew=1.4, ms=7, label="start")
    axes.plot([], [], "o", color=_SOFT, mec="white", ms=7, label="end")
    axes.plot([], [], "x", color=_SOFT, mew=1.8, ms=7, label="goal")
    if flight.touching.any():
        axes.plot([], [], ls="", marker=(8, 1, 0), mfc=_RED, mec="white", ms=10, label="contact")
    axes.legend(loc="lower right", ncols=4, frameon=False, fontsize=8.5, handletextpad=0.2,
                columnspacing=1.2, borderaxespad=1.0)  # fmt: skip


def _plot_error(axes: "Axes", flight: SwarmFlight) -> None:
    time = flight.time - flight.time[0]
    for drone in range(flight.drones):
        axes.plot(time, flight.error[:, drone], color=_color(drone), lw=1.2, alpha=0.9)
    axes.axhline(flight.radius, color=_GREEN, lw=1.0, ls="--")
    axes.text(time[-1], flight.radius, f"arrived within {flight.radius:g} m ", color=_GREEN,
              fontsize=8, ha="right", va="bottom")  # fmt: skip
    axes.set_xlim(0.0, max(time[-1], 1e-3))
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("distance to goal [m]")
    axes.tick_params(labelbottom=False)


def _plot_height(axes: "Axes", flight: SwarmFlight) -> None:
    time = flight.time - flight.time[0]
    for drone in range(flight.drones):
        axes.plot(time, flight.position[:, drone, 2], color=_color(drone), lw=1.2, alpha=0.9)
    axes.set_xlim(0.0, max(time[-1], 1e-3))
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("height [m]")
    axes.set_xlabel("time [s]")


def _color(drone: int) -> tuple[float, float, float]:
    red, green, blue = find_drone_color(drone)
    return red / 255, green / 255, blue / 255
