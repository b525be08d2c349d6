from dataclasses import fields, replace

import av
import numpy as np
import pytest

from untether_hardware.crazyflie import offscreen
from untether_hardware.crazyflie.flight import Flight
from untether_hardware.crazyflie.video import (
    HEIGHT,
    WIDTH,
    VideoUnavailableError,
    compose_frames,
    render_flight,
)


def cut(flight, first, last):
    """A part of a flight."""
    arrays = [item.name for item in fields(Flight) if np.ndim(getattr(flight, item.name)) >= 1]
    arrays.remove("waypoints")
    return replace(flight, **{name: getattr(flight, name)[first:last] for name in arrays})


def test_video_has_a_frame_for_every_moment_in_the_right_size(flight, tmp_path):
    part = cut(flight, 0, 101)
    path = render_flight(part, tmp_path / "flight.mp4", title="A test", frame_rate=10)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        assert stream.codec_context.name == "h264"
        assert float(stream.average_rate) == 10
    assert len(frames) == 10
    assert frames[0].shape == (HEIGHT, WIDTH, 3)
    assert frames[0].std() > 20
    assert np.abs(frames[-1].astype(int) - frames[0]).mean() > 0.5


def test_near_view_shows_the_attitude(flight):
    level = cut(flight, 0, 2)
    roll = np.tile([np.sin(0.4), 0.0, 0.0, np.cos(0.4)], (2, 1))
    first = np.asarray(next(compose_frames(level)))
    second = np.asarray(next(compose_frames(replace(level, orientation=roll))))
    changed = np.abs(first.astype(int) - second).max(axis=2) > 40
    assert changed[:240, 640:].sum() > 500  # in the near view
    assert changed[240:, 640:].sum() == 0  # and not in the panel below


def test_flight_without_waypoints_and_goals_is_rendered(flight):
    part = cut(flight, 0, 20)
    bare = replace(
        part,
        waypoints=np.zeros((0, 3)),
        goal=np.full_like(part.goal, np.nan),
        goal_index=np.full_like(part.goal_index, -1),
        mode=np.full_like(part.mode, 7),
    )
    assert next(compose_frames(bare)).size == (WIDTH, HEIGHT)


def test_machine_without_egl_and_osmesa_says_what_to_install(flight, tmp_path, monkeypatch):
    def refuse(name):
        raise ImportError(f"no {name} here")

    monkeypatch.setattr(offscreen, "import_module", refuse)
    with pytest.raises(VideoUnavailableError, match=r"expected EGL .* no mujoco\.osmesa .* Fix: "):
        render_flight(flight, tmp_path / "flight.mp4")
    assert not (tmp_path / "flight.mp4").exists()
