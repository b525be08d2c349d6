"""Renders a swarm's flight as a video: the room, a map, and how many have arrived."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import mujoco
import numpy as np
from PIL import Image

from untether_hardware.crazyflie.camera import Camera
from untether_hardware.crazyflie.drawing import draw_text
from untether_hardware.crazyflie.offscreen import OffscreenRenderer, VideoUnavailableError
from untether_hardware.crazyflie.video_file import write_video
from untether_hardware.swarm.flight import SwarmFlight
from untether_hardware.swarm.map_view import MapView
from untether_hardware.swarm.palette import find_drone_color
from untether_hardware.swarm.scene import VISIBLE_HEIGHT, add_ball, add_trail, build_scene

__all__ = ["VideoUnavailableError", "compose_frames", "render_swarm_flight"]

WIDTH, HEIGHT = 960, 540  # [px]
_SIDE = 320  # [px] width of the column with map and figures
_VIEW = Camera(WIDTH - _SIDE, HEIGHT, azimuth=math.radians(118.0), elevation=math.radians(-38.0))
_BACKGROUND, _DIM, _BRIGHT = (17, 21, 27), (126, 138, 154), (236, 240, 245)
_GREEN, _RED, _DARK = (70, 200, 130), (232, 72, 72), (28, 33, 42)
_TRAIL_TIME, _TRAIL_PIECES = 1.5, 8  # [s]
_TRAIL_RADIUS = 0.018  # [m]
_GOAL_RADIUS = 0.09  # [m]


def render_swarm_flight(
    flight: SwarmFlight, path: str | Path, *, title: str = "Swarm flight", frame_rate: int = 15
) -> Path:
    """Write a flight as an MP4 video (H.264), without a display.

    Args:
        flight: The flight.
        path: File to write; its folder must be there.
        title: Stands in the video.
        frame_rate: Pictures a second of flight [Hz].

    Returns:
        The path.

    Raises:
        VideoUnavailableError: When this machine cannot render or encode.
    """
    frames = compose_frames(flight, title=title, frame_rate=frame_rate)
    return write_video(frames, path, frame_rate=frame_rate)


def compose_frames(
    flight: SwarmFlight, *, title: str = "Swarm flight", frame_rate: int = 15
) -> Iterator[Image.Image]:
    """Yield the pictures of a flight's video.

    Drones are drawn larger than they are, and columns are cut off above them.

    Args:
        flight: The flight.
        title: Stands in the pictures.
        frame_rate: Pictures a second of flight [Hz].

    Raises:
        VideoUnavailableError: When this machine cannot render.
    """
    model = build_scene(flight.columns, flight.drones)
    data = mujoco.MjData(model)
    half = 0.5 * flight.columns.cells
    corners = list(product((-half, half), (-half, half), (0.0, VISIBLE_HEIGHT)))
    camera = _VIEW.frame(corners, margin=0.03)
    duration = float(flight.time[-1] - flight.time[0])
    times = flight.time[0] + np.arange(max(1, math.ceil(duration * frame_rate))) / frame_rate
    samples = np.minimum(np.searchsorted(flight.time, times), len(flight.time) - 1)
    shapes = model.ngeom + flight.drones * (_TRAIL_PIECES + 1)
    above = MapView(flight, _SIDE)
    with OffscreenRenderer(
        model, camera, reach=2.0 * camera.distance, max_geoms=shapes
    ) as renderer:
        for index in samples.tolist():
            _pose(data, flight, index)
            mujoco.mj_forward(model, data)

            def decorate(scene: mujoco.MjvScene, index: int = index) -> None:
                _add_goals_and_trails(scene, flight, index)

            view = renderer.render(data, camera, shadows=False, decorate=decorate)
            picture = Image.new("RGB", (WIDTH, HEIGHT), _BACKGROUND)
            picture.paste(Image.fromarray(view), (0, 0))
            draw_text(picture, (20, 18), title, _DARK, size=20)
            picture.paste(above.draw(index), (camera.width, 0))
            _write_figures(picture, flight, index)
            yield picture


def _pose(data: mujoco.MjData, flight: SwarmFlight, index: int) -> None:
    """Put the drones where they are at a sample."""
    qpos = data.qpos.reshape(flight.drones, 7)
    qpos[:, :3] = flight.position[index]
    qpos[:, 3:] = flight.orientation[index][:, [3, 0, 1, 2]]


def _add_goals_and_trails(scene: mujoco.MjvScene, flight: SwarmFlight, index: int) -> None:
    now = flight.time[index]
    times = now - _TRAIL_TIME * np.linspace(1.0, 0.0, _TRAIL_PIECES + 1)
    samples = np.clip(np.searchsorted(flight.time, times), 0, index)
    opacities = np.linspace(0.1, 0.8, _TRAIL_PIECES).tolist()
    for drone in range(flight.drones):
        color = find_drone_color(drone)
        add_ball(scene, flight.goal[index, drone], _GOAL_RADIUS, color, 0.35)
        add_trail(scene, flight.position[samples, drone], _TRAIL_RADIUS, color, opacities)


def _write_figures(picture: Image.Image, flight: SwarmFlight, index: int) -> None:
    """Write time, how many are at their goals, and how many have touched something."""
    near = int((flight.error[index] < flight.radius).sum())
    hit = int(flight.touching[: index + 1].any(axis=0).sum())
    left, right, top = WIDTH - _SIDE + 18, WIDTH - 18, _SIDE + 24
    rows = (
        ("time", f"{flight.time[index] - flight.time[0]:.1f} s", _BRIGHT),
        (f"within {flight.radius:g} m of the goal", f"{near} of {flight.drones}", _GREEN),
        ("touched something", f"{hit} of {flight.drones}", _RED if hit else _BRIGHT),
        ("columns", f"{len(flight.columns.radius)}", _BRIGHT),
    )
    for row, (name, value, color) in enumerate(rows):
        draw_text(picture, (left, top + 44 * row), name, _DIM, size=15, anchor="lm")
        draw_text(picture, (right, top + 44 * row), value, color, size=20, anchor="rm")
