from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from untether_hardware.crazyflie.camera import Camera
from untether_hardware.crazyflie.flight_statistics import summarize_flight
from untether_hardware.crazyflie.flight_view import FlightView, frame_flight

GREEN, RED = (34, 150, 90), (200, 45, 50)


@pytest.fixture(scope="module")
def camera(flight):
    return frame_flight(flight, Camera(640, 540))


def make_view(flight, camera, statistics=None):
    floor = Image.new("RGB", (camera.width, camera.height), "white")
    return FlightView(flight, statistics or summarize_flight(flight), camera, floor)


def find(picture, color, place, radius=3):
    """Whether a colour is near a place [px]."""
    column, row = np.round(place[:2]).astype(int)
    around = np.asarray(picture)[row - radius : row + radius + 1, column - radius : column + radius]
    return bool((np.abs(around.astype(int) - color).max(axis=2) < 12).any())


def test_camera_sees_path_goals_and_floor(flight, camera):
    points = np.concatenate([flight.position, flight.waypoints, flight.position * (1, 1, 0)])
    seen = camera.project(points)
    assert seen[:, :2].min() >= 0
    assert (seen[:, :2].max(axis=0) <= [640, 540]).all()


def test_reached_waypoints_turn_green_and_missed_ones_red(flight, camera):
    last = len(flight.time) - 2
    statistics = summarize_flight(flight)
    missed = replace(statistics.waypoints[0], reached=False)
    places = camera.project(flight.waypoints)
    good = make_view(flight, camera).draw(last)
    assert find(good, GREEN, places[0])
    bad = make_view(
        flight, camera, replace(statistics, waypoints=(missed, *statistics.waypoints[1:]))
    ).draw(last)
    assert find(bad, RED, places[0])
    assert not find(make_view(flight, camera).draw(0), GREEN, places[0])


def test_robot_is_drawn_where_it_is(flight, camera):
    empty = np.asarray(make_view(flight, camera).draw(0)).astype(int)
    index = 150
    picture = np.asarray(make_view(flight, camera).draw(index)).astype(int)
    column, row = np.round(camera.project(flight.position[index])[:2]).astype(int)
    patch = np.s_[row - 6 : row + 7, column - 6 : column + 7]
    assert np.abs(picture[patch] - empty[patch]).max() > 100


def test_path_grows_with_the_flight(flight, camera):
    view = make_view(flight, camera)
    pictures = [np.asarray(view.draw(index)).astype(int) for index in (0, 200, 400)]
    blue = [int((picture[:, :, 2] - picture[:, :, 0] > 40).sum()) for picture in pictures]
    assert blue[0] == 0 < blue[1] < blue[2]
