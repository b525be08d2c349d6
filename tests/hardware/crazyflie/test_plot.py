from dataclasses import replace

import numpy as np
from PIL import Image

from untether_hardware.crazyflie.plot import plot_flight


def test_plot_is_a_picture_of_the_asked_size(flight, tmp_path):
    path = plot_flight(flight, tmp_path / "flight.png", dpi=50)
    picture = Image.open(path)
    assert picture.size == (600, 330)
    assert np.asarray(picture).std() > 10


def test_flight_without_waypoints_goals_or_time_is_plotted(flight, tmp_path):
    bare = replace(
        flight,
        time=flight.time[:1],
        position=flight.position[:1],
        orientation=flight.orientation[:1],
        linear_velocity=flight.linear_velocity[:1],
        angular_velocity=flight.angular_velocity[:1],
        goal=np.full((1, 3), np.nan),
        goal_index=np.full(1, -1),
        thrust=flight.thrust[:1],
        mode=np.array([9]),
        waypoints=np.zeros((0, 3)),
    )
    assert plot_flight(bare, tmp_path / "bare.png", title="One sample", dpi=40).exists()


def test_moving_goal_is_plotted(flight, tmp_path):
    tracked = replace(
        flight, waypoints=np.zeros((0, 3)), goal_index=np.full_like(flight.goal_index, -1)
    )
    assert plot_flight(tracked, tmp_path / "track.png", dpi=40).stat().st_size > 1000
