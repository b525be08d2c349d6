"""Renders a flight as a video: the whole course, the robot from near by, and its figures."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from untether_hardware.crazyflie.camera import Camera
from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription
from untether_hardware.crazyflie.drawing import draw_text
from untether_hardware.crazyflie.flight import Flight
from untether_hardware.crazyflie.flight_panel import FlightPanel
from untether_hardware.crazyflie.flight_statistics import summarize_flight
from untether_hardware.crazyflie.flight_view import FlightView, frame_flight
from untether_hardware.crazyflie.model import build_model
from untether_hardware.crazyflie.offscreen import OffscreenRenderer, VideoUnavailableError
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.crazyflie.video_file import write_video

__all__ = ["VideoUnavailableError", "compose_frames", "render_flight"]

WIDTH, HEIGHT = 960, 540  # [px]
_SIDE = 320  # [px] width of the column with the near view and the panel
_NEAR = Camera(_SIDE, 240, distance=0.32, elevation=math.radians(-20.0))
_NEAR_REACH = 5.0  # [m]
_WIDE = Camera(WIDTH - _SIDE, HEIGHT)
_OUT_OF_SIGHT = -5.0  # [m] map: below the floor


def render_flight(
    flight: Flight,
    path: str | Path,
    *,
    title: str | None = None,
    frame_rate: int = 15,
    description: QuadrotorDescription = CRAZYFLIE,
) -> Path:
    """Write a flight as an MP4 video (H.264), without a display.

    The course is drawn over one rendered picture of the floor, and only the small near view is
    rendered for every frame, without shadows: a minute of flight takes about a quarter of one.

    Args:
        flight: The flight.
        path: File to write; its folder must be there.
        title: Stands in the video; None for the flight's name.
        frame_rate: Pictures a second of flight [Hz].
        description: The robot.

    Returns:
        The path.

    Raises:
        VideoUnavailableError: When this machine cannot render or encode.
    """
    frames = compose_frames(flight, title=title, frame_rate=frame_rate, description=description)
    return write_video(frames, path, frame_rate=frame_rate)


def compose_frames(
    flight: Flight,
    *,
    title: str | None = None,
    frame_rate: int = 15,
    description: QuadrotorDescription = CRAZYFLIE,
) -> Iterator[Image.Image]:
    """Yield the pictures of a flight's video.

    Args:
        flight: The flight.
        title: Stands in the pictures; None for the flight's name.
        frame_rate: Pictures a second of flight [Hz].
        description: The robot.

    Raises:
        VideoUnavailableError: When this machine cannot render.
    """
    import mujoco

    model = build_model(description, SimulatedCrazyflieConfig())
    data = mujoco.MjData(model)
    count = max(1, math.ceil(flight.duration * frame_rate))
    times = flight.time[0] + np.arange(count) / frame_rate
    samples = np.minimum(np.searchsorted(flight.time, times), len(flight.time) - 1)
    camera = frame_flight(flight, _WIDE)
    data.qpos[2] = _OUT_OF_SIGHT
    mujoco.mj_forward(model, data)
    with OffscreenRenderer(model, camera, reach=2.5 * camera.distance) as renderer:
        floor = Image.fromarray(renderer.render(data, camera, shadows=False))
    view = FlightView(
        flight, summarize_flight(flight, description), camera, floor, description=description
    )
    panel = FlightPanel(flight, _SIDE, HEIGHT - _NEAR.height, description=description)
    with OffscreenRenderer(model, _NEAR, reach=_NEAR_REACH) as renderer:
        for index in samples.tolist():
            px, py, pz = flight.position[index].tolist()
            x, y, z, w = flight.orientation[index].tolist()
            data.qpos[:] = (px, py, pz, w, x, y, z)
            mujoco.mj_forward(model, data)
            near = renderer.render(data, replace(_NEAR, look_at=(px, py, pz)), shadows=False)
            picture = Image.new("RGB", (WIDTH, HEIGHT))
            picture.paste(view.draw(index), (0, 0))
            draw_text(picture, (20, 18), title or flight.name, (28, 33, 42), size=20)
            picture.paste(Image.fromarray(near), (_WIDE.width, 0))
            picture.paste(panel.draw(index), (_WIDE.width, _NEAR.height))
            yield picture
