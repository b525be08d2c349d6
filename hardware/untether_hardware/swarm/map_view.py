"""The map in a swarm's video: the room from above, with columns, goals, paths and drones."""

import numpy as np
from PIL import Image

from untether_hardware.crazyflie.drawing import Point, draw_disc, draw_line, draw_polygon
from untether_hardware.swarm.flight import SwarmFlight
from untether_hardware.swarm.palette import find_drone_color
from untether_hardware.swarm.state import Floats

_BACKGROUND, _ROOM, _COLUMN = (17, 21, 27), (28, 34, 43), (92, 103, 120)
_RED, _BRIGHT = (232, 72, 72), (236, 240, 245)
_MARGIN = 12  # [px]


class MapView:
    """Draws the map of a flight at a sample; paths are drawn once and stay."""

    def __init__(self, flight: SwarmFlight, size: int) -> None:
        """Create a map.

        Args:
            flight: The flight.
            size: Width and height of the map [px].
        """
        self._flight = flight
        self._scale = (size - 2 * _MARGIN) / flight.columns.room  # [px/m]
        self._middle = 0.5 * size
        self._places = self._locate(flight.position)
        self._goals = self._locate(flight.goal)
        self._drawn = 0  # samples whose paths are on the picture
        self._picture = Image.new("RGB", (size, size), _BACKGROUND)
        left, right = float(_MARGIN), float(size - _MARGIN)
        corners = [(left, left), (right, left), (right, right), (left, right)]
        draw_polygon(self._picture, corners, _ROOM)
        columns = flight.columns
        for centre, radius in zip(self._locate(columns.centre), columns.radius, strict=True):
            draw_disc(self._picture, _point(centre), self._scale * float(radius), _COLUMN)

    def draw(self, index: int) -> Image.Image:
        """Return the map at a sample; samples must not go back.

        Args:
            index: Of the sample.
        """
        hit = np.logical_or.reduce(self._flight.touching[self._drawn : index + 1])
        for drone in range(self._flight.drones):
            path = [_point(place) for place in self._places[self._drawn : index + 1, drone]]
            draw_line(self._picture, path, find_drone_color(drone), width=1.2, opacity=0.55)
            if hit[drone]:
                draw_disc(self._picture, path[-1], 5.0, _RED, outline=1.6)
        self._drawn = index
        picture = self._picture.copy()
        for drone in range(self._flight.drones):
            color = find_drone_color(drone)
            draw_disc(picture, _point(self._goals[index, drone]), 4.5, color, outline=1.5)
            draw_disc(picture, _point(self._places[index, drone]), 4.2, _BRIGHT)
            draw_disc(picture, _point(self._places[index, drone]), 3.2, color)
        return picture

    def _locate(self, points: Floats) -> Floats:
        """Return columns and rows [px] of points (..., 2 or more) [m] map; x points right."""
        return self._middle + self._scale * points[..., :2] * np.array([1.0, -1.0])


def _point(place: Floats) -> Point:
    column, row = place.tolist()
    return column, row
