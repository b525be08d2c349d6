"""Plots a flight: the path in space, and error, speed, thrust and mode over time."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription
from untether_hardware.crazyflie.flight import Flight
from untether_hardware.crazyflie.flight_statistics import FlightStatistics, summarize_flight
from untether_hardware.crazyflie.mode_style import find_mode_style
from untether_hardware.crazyflie.plot_style import PLOT_STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d.axes3d import Axes3D

_INK, _SOFT = "#1c2530", "#9aa4b2"
_BLUE, _GREEN, _RED, _ORANGE = "#2563c8", "#22965a", "#c82d32", "#f06e1e"
_ROTORS = ("#f06e1e", "#2563c8", "#22965a", "#8a4fc0")
_MAX_POINTS = 3000  # of the path in space, which is drawn as that many pieces
_SMOOTHING = 0.1  # [s] over which thrust is averaged, as a policy's thrust is restless


def plot_flight(
    flight: Flight,
    path: str | Path,
    *,
    title: str | None = None,
    description: QuadrotorDescription = CRAZYFLIE,
    dpi: int = 160,
) -> Path:
    """Write a picture of a flight.

    Args:
        flight: The flight.
        path: File to write, e.g. ``flight.png``; its folder must be there.
        title: Heading; None for the flight's name.
        description: The robot, for its limits.
        dpi: Pixels an inch; the picture is 12 by 6.6 inches.

    Returns:
        The path.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    statistics = summarize_flight(flight, description)
    with mpl.rc_context(PLOT_STYLE):  # pyright: ignore[reportArgumentType]
        figure = Figure(figsize=(12.0, 6.6), facecolor="white")
        FigureCanvasAgg(figure)
        space = figure.add_axes((-0.015, 0.10, 0.50, 0.80), projection="3d")
        _plot_path(space, flight, statistics)  # pyright: ignore[reportArgumentType]
        grid = figure.add_gridspec(
            4, 1, height_ratios=(1.25, 1.0, 1.25, 0.22), left=0.555, right=0.985, bottom=0.075,
            top=0.875, hspace=0.20,
        )  # fmt: skip
        panels = [figure.add_subplot(grid[row, 0]) for row in range(4)]
        _plot_error(panels[0], flight)
        _plot_speed(panels[1], flight)
        _plot_thrust(panels[2], flight, description)
        _plot_mode(panels[3], flight)
        for panel in panels:
            panel.set_xlim(0.0, max(flight.duration, 1e-3))
        for panel in panels[:-1]:
            panel.tick_params(labelbottom=False)
        figure.align_ylabels(panels)
        _write_heading(figure, title or flight.name, statistics)
        figure.savefig(path, dpi=dpi)
    return path


def _write_heading(figure: "Figure", title: str, statistics: FlightStatistics) -> None:
    figures = [f"{statistics.duration:.1f} s"]
    if statistics.waypoints:
        figures.insert(0, f"{statistics.reached} of {len(statistics.waypoints)} waypoints")
        held = [result.error for result in statistics.waypoints if result.reached]
        if held:
            figures.append(f"{100 * np.mean(held):.1f} cm mean error while holding")
    elif math.isfinite(statistics.tracking_error):
        figures.append(f"{100 * statistics.tracking_error:.1f} cm RMS error")
    figures.append(f"{statistics.max_speed:.2f} m/s top speed")
    figures.append(f"{math.degrees(statistics.max_tilt):.0f}° largest tilt")
    if math.isfinite(statistics.impact_speed):
        figures.append(f"touchdown at {statistics.impact_speed:.2f} m/s")
    figure.text(0.025, 0.955, title, fontsize=15, fontweight="bold", va="center")
    figure.text(0.025, 0.912, "  ·  ".join(figures), fontsize=9.5, color="#4a5565", va="center")


def _plot_path(axes: "Axes3D", flight: Flight, statistics: FlightStatistics) -> None:
    from mpl_toolkits.mplot3d.art3d import Line3DCollection

    count = len(flight.time)
    chosen = np.linspace(0, count - 1, max(2, min(count, _MAX_POINTS))).round().astype(int)
    points = flight.position[chosen]
    x, y, z = points.T
    axes.plot(x, y, np.zeros_like(z), color="#c9cfd8", linewidth=0.9, zorder=1)
    pieces = np.stack([points[:-1], points[1:]], axis=1)  # (pieces, 2, 3) [m] map
    path = Line3DCollection(pieces.tolist(), cmap="viridis", linewidth=1.8, zorder=3)
    path.set_array(flight.speed[chosen[:-1]])
    path.set_capstyle("round")
    axes.add_collection3d(path)
    for result in statistics.waypoints:
        px, py, pz = result.position
        color = _GREEN if result.reached else _RED
        axes.plot([px, px], [py, py], [0.0, pz], color="#d9dee5", linewidth=0.8, zorder=1)
        axes.plot([px], [py], [pz], "o", color=color, markersize=4.5, zorder=4)
        axes.text(px, py, pz + 0.06, str(result.index + 1), fontsize=7.5, color=color, zorder=5)
    if not statistics.waypoints and np.isfinite(flight.goal).any():
        axes.plot(*flight.goal.T, color=_ORANGE, linewidth=1.0, linestyle="--", zorder=2)
    axes.plot([x[0]], [y[0]], [z[0]], marker="^", color=_INK, markersize=6, zorder=5)
    _fit_axes(axes, np.concatenate([points, flight.waypoints]))
    place = axes.figure.add_axes((0.16, 0.085, 0.18, 0.014))  # pyright: ignore
    bar = axes.figure.colorbar(path, cax=place, orientation="horizontal")
    bar.set_label("speed [m/s]")
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]


def _fit_axes(axes: "Axes3D", points: np.ndarray) -> None:
    """Give the three axes one scale, and take away the panes' clutter."""
    from matplotlib.ticker import MaxNLocator

    low, high = points.min(axis=0) - 0.1, points.max(axis=0) + 0.1
    low[2] = 0.0
    middle, half = 0.5 * (low + high), np.maximum(0.5 * (high - low), 0.25)
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])
    axes.set_zlim(0.0, 2.0 * half[2])
    axes.set_box_aspect(tuple(half.tolist()), zoom=0.92)  # pyright: ignore[reportArgumentType]
    axes.view_init(elev=24.0, azim=-55.0)
    axes.set_xlabel("x [m]", labelpad=2)
    axes.set_ylabel("y [m]", labelpad=2)
    axes.set_zlabel("z [m]", labelpad=0)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((0.97, 0.975, 0.985, 1.0))  # pyright: ignore[reportAttributeAccessIssue]
        axis.line.set_color(_SOFT)  # pyright: ignore[reportAttributeAccessIssue]
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.tick_params(pad=0, labelsize=8)


def _plot_error(axes: "Axes", flight: Flight) -> None:
    time = flight.time - flight.time[0]
    axes.plot(time, flight.error, color=_BLUE, linewidth=1.3)
    if len(flight.waypoints):
        axes.axhline(flight.radius, color=_GREEN, linewidth=1.0, linestyle="--")
        axes.lines[-1].set_label(f"reached within {100 * flight.radius:.0f} cm")
        axes.legend(loc="upper right", frameon=True, facecolor="white", edgecolor="none",
                    framealpha=0.85, fontsize=8, borderaxespad=0.1, borderpad=0.2)  # fmt: skip
        changes = np.flatnonzero(np.diff(flight.goal_index)) + 1
        axes.vlines(time[changes], 0, 1, transform=axes.get_xaxis_transform(), color="#dfe3e9",
                    linewidth=0.8, zorder=0)  # fmt: skip
    highest = np.nanmax(flight.error, initial=0.1)
    axes.set_ylim(0.0, 1.25 * highest)  # leaves room for the legend
    axes.set_ylabel("distance to\ngoal [m]")


def _plot_speed(axes: "Axes", flight: Flight) -> None:
    time = flight.time - flight.time[0]
    axes.fill_between(time, flight.speed, color=_BLUE, alpha=0.15, linewidth=0)
    axes.plot(time, flight.speed, color=_BLUE, linewidth=1.1)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("speed\n[m/s]")


def _plot_thrust(axes: "Axes", flight: Flight, description: QuadrotorDescription) -> None:
    time = flight.time - flight.time[0]
    window = max(1, round(_SMOOTHING * len(time) / max(flight.duration, 1e-9)))
    kernel = np.ones(min(window, len(time)))
    weight = np.convolve(np.ones(len(time)), kernel, mode="same")
    for rotor, name in enumerate(description.rotor_names):
        mean = np.convolve(flight.thrust[:, rotor], kernel, mode="same") / weight
        axes.plot(time, mean, color=_ROTORS[rotor], linewidth=0.9, label=name)
    axes.axhline(description.hover_rotor_thrust, color=_INK, linewidth=0.8, linestyle=":")
    axes.set_ylim(0.0, 1.22 * description.max_rotor_thrust)
    axes.axhline(description.max_rotor_thrust, color=_RED, linewidth=0.8, linestyle="--")
    axes.set_ylabel("commanded\nthrust [N]")
    axes.legend(ncols=4, loc="upper right", frameon=False, fontsize=8, borderaxespad=0.1,
                handlelength=1.2, columnspacing=1.2)  # fmt: skip


def _plot_mode(axes: "Axes", flight: Flight) -> None:
    time = flight.time - flight.time[0]
    edges = np.concatenate([[0], np.flatnonzero(np.diff(flight.mode)) + 1, [len(time) - 1]])
    seen: set[int] = set()
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        mode = int(flight.mode[first])
        style = find_mode_style(mode)
        color = tuple(value / 255 for value in style.color)
        axes.axvspan(time[first], time[last], color=color, linewidth=0)
        if mode not in seen and time[last] - time[first] > 0.06 * flight.duration:
            seen.add(mode)
            middle = 0.5 * (time[first] + time[last])
            axes.text(
                middle, 0.5, style.name.lower(), color="white", fontsize=8, ha="center", va="center"
            )
    axes.set_yticks([])
    axes.set_ylim(0.0, 1.0)
    axes.grid(visible=False)
    axes.set_ylabel("mode", rotation=0, ha="right", va="center")
    axes.set_xlabel("time [s]")
