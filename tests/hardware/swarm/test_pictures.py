from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image

from untether_hardware.crazyflie import offscreen
from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.flight import fly_swarm
from untether_hardware.swarm.goals import random_goals
from untether_hardware.swarm.palette import find_drone_color
from untether_hardware.swarm.picture import plot_swarm_flight
from untether_hardware.swarm.places import sample_free
from untether_hardware.swarm.simulator import SimulatedSwarm
from untether_hardware.swarm.video import (
    HEIGHT,
    WIDTH,
    VideoUnavailableError,
    compose_frames,
    render_swarm_flight,
)


@pytest.fixture(scope="module")
def flight(controller):
    generator = np.random.default_rng(3)
    columns = Columns.sample(0.2, 0.6, generator)
    places = sample_free(columns, 5, generator)
    swarm = SimulatedSwarm(columns, places)
    swarm.reset(places, 0, rotor_thrust=CRAZYFLIE.hover_rotor_thrust)
    return fly_swarm(controller(columns), swarm, random_goals(columns, 5, generator), 2.0)


def test_picture_has_the_asked_size_and_shows_something(flight, tmp_path):
    path = plot_swarm_flight(flight, tmp_path / "flight.png", title="A test", dpi=50)
    picture = Image.open(path)
    assert picture.size == (600, 350)
    assert np.asarray(picture).std() > 10


def test_many_drones_and_contacts_are_plotted(flight, tmp_path):
    crowd = replace(
        flight,
        position=np.tile(flight.position, (1, 4, 1)),
        goal=np.tile(flight.goal, (1, 4, 1)),
        touching=np.random.default_rng(0).random((len(flight.time), 20)) < 0.01,
    )
    assert plot_swarm_flight(crowd, tmp_path / "crowd.png", dpi=40).stat().st_size > 1000


def test_video_has_a_frame_for_every_moment_in_the_right_size(flight, tmp_path):
    path = render_swarm_flight(flight, tmp_path / "flight.mp4", title="A test", frame_rate=5)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        assert stream.codec_context.name == "h264"
    assert len(frames) == 10
    assert frames[0].shape == (HEIGHT, WIDTH, 3)
    assert frames[0].std() > 20
    assert np.abs(frames[-1].astype(int) - frames[0]).mean() > 0.3


def test_drones_are_seen_in_their_colours(flight):
    def count(position):
        still = replace(flight, time=flight.time[:1], position=position[None])
        view = np.asarray(next(compose_frames(still)))[:, : WIDTH - 320].astype(float)
        color = np.asarray(find_drone_color(3), dtype=float)  # red: nothing else is
        return int((view @ color / np.linalg.norm(view + 1.0, axis=2)
                    > 0.97 * np.linalg.norm(color)).sum())  # fmt: skip

    seen = flight.position[0].copy()
    hidden = seen.copy()
    hidden[3, 2] = -3.0
    assert count(seen) > count(hidden) + 20


def test_colours_tell_drones_apart():
    assert len({find_drone_color(drone) for drone in range(100)}) == 100
    colors = np.array([find_drone_color(drone) for drone in range(12)])
    apart = np.abs(colors[:, None] - colors).sum(axis=2) + 999 * np.eye(12, dtype=int)
    assert apart.min() > 40


def test_machine_without_egl_and_osmesa_says_what_to_install(flight, tmp_path, monkeypatch):
    def refuse(name):
        raise ImportError(f"no {name} here")

    monkeypatch.setattr(offscreen, "import_module", refuse)
    with pytest.raises(VideoUnavailableError, match=r"expected EGL .* Fix: "):
        render_swarm_flight(flight, tmp_path / "flight.mp4")
    assert not (tmp_path / "flight.mp4").exists()
