"""The wide view of a flight: the whole course from one place, with path, goals and robot."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from untether_hardware.crazyflie.camera import Camera
from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription
from untether_hardware.crazyflie.drawing import draw_disc, draw_line, draw_polygon, draw_text
from untether_hardware.crazyflie.flight import Flight
from untether_hardware.crazyflie.flight_statistics import FlightStatistics

Floats = NDArray[np.float64]

_PATH = (37, 99, 200)
_GOAL = (240, 110, 30)
_REACHED = (34, 150, 90)
_MISSED = (200, 45, 50)
_AHEAD = (128, 138, 152)
_DARK = (28, 33, 42)
_RECENT = 2.5  # [s] of the path that is drawn strong
_CHUNKS = 5  # steps in which the recent path fades
_STRIDE = 3  # samples from one corner of the path to the next
_ENLARGED = 1.8  # how much larger than it is the robot is drawn, to be seen
_ROOM = 0.15  # [m] to leave around the flight
_TURN = np.linspace(0.0, 2.0 * math.pi, 24, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN), np.zeros_like(_TURN)], axis=1)


class FlightView:
    """Draws the robot, its path and its goals over a picture of the empty floor.

    All that moves is drawn over one picture of the empty floor, which is far cheaper than
    rendering the whole scene for every frame.
    """

    def __init__(
        self,
        flight: Flight,
        statistics: FlightStatistics,
        camera: Camera,
        floor: Image.Image,
        *,
        description: QuadrotorDescription = CRAZYFLIE,
    ) -> None:
        """Create a view.

        Args:
            flight: The flight.
            statistics: Its figures, for which waypoints were reached.
            camera: From where to look, as ``frame_flight`` gives it.
            floor: What that camera sees of the floor.
            description: Where the rotors are.
        """
        self._flight = flight
        self._reached = [result.reached for result in statistics.waypoints]
        self._camera = camera
        self._positions = np.asarray(description.rotor_positions)
        self._radius = description.rotor_radius
        self._path = self._camera.project(flight.position)[:, :2]
        self._ground = floor.copy()
        self._goal: int | None = None  # which goal the picture below was made for
        self._picture = self._ground  # the ground with goals
        self._drawn = 0  # samples of the path that are on both pictures

    def draw(self, index: int) -> Image.Image:
        """Return the view at a sample; samples must not go back.

        Args:
            index: Of the sample.
        """
        goal = int(self._flight.goal_index[index])
        if goal != self._goal:
            self._goal = goal
            self._picture = self._draw_goals(goal)
        if index > self._drawn:
            for picture in (self._ground, self._picture):
                self._draw_path(picture, self._drawn, index, width=1.4, opacity=0.35)
            self._drawn = index
        picture = self._picture.copy()
        self._draw_moving_goal(picture, index)
        self._draw_shadow(picture, index)
        self._draw_recent_path(picture, index)
        self._draw_robot(picture, index)
        return picture

    def _draw_path(
        self, picture: Image.Image, first: int, last: int, *, width: float, opacity: float
    ) -> None:
        rows = [*self._path[first:last:_STRIDE].tolist(), self._path[last].tolist()]
        points = [(x, y) for x, y in rows]
        draw_line(picture, points, _PATH, width=width, opacity=opacity)

    def _draw_recent_path(self, picture: Image.Image, index: int) -> None:
        now = self._flight.time[index]
        starts = now - _RECENT * np.linspace(1.0, 0.0, _CHUNKS + 1)
        samples = np.searchsorted(self._flight.time, starts).tolist()
        for chunk in range(_CHUNKS):
            first, last = samples[chunk], min(samples[chunk + 1], index)
            opacity = 0.15 + 0.85 * (chunk + 1) / _CHUNKS
            self._draw_path(picture, first, last, width=2.6, opacity=opacity)

    def _draw_goals(self, goal: int) -> Image.Image:
        """Return the ground with the waypoints as they stand while one of them is the goal."""
        picture = self._ground.copy()
        # Waypoints that had their turn are done, and all of them are once the tour is over.
        done = goal if goal >= 0 else (len(self._reached) if self._drawn else 0)
        for i, waypoint in enumerate(self._flight.waypoints):
            foot = waypoint * (1.0, 1.0, 0.0)
            (x, y, depth), (u, v, _) = self._camera.project([waypoint, foot]).tolist()
            if i == goal:
                color, radius = _GOAL, 4.0
                size = self._camera.focal_length * self._flight.radius / depth
                draw_disc(picture, (x, y), size, color, opacity=0.22)
                draw_disc(picture, (x, y), size, color, outline=1.5)
            elif i < done:
                color, radius = (_REACHED if self._reached[i] else _MISSED), 3.5
            else:
                color, radius = _AHEAD, 3.0
            draw_line(picture, [(x, y), (u, v)], color, width=1.0, opacity=0.35)
            draw_disc(picture, (x, y), radius, color)
            if i <= done:
                draw_text(picture, (x + 7, y - 4), str(i + 1), color, size=12, anchor="ls")
        return picture

    def _draw_moving_goal(self, picture: Image.Image, index: int) -> None:
        goal = self._flight.goal[index]
        if self._goal == -1 and np.isfinite(goal).all():
            x, y, _ = self._camera.project(goal).tolist()
            draw_disc(picture, (x, y), 7.0, _GOAL, outline=2.0)
            draw_disc(picture, (x, y), 2.0, _GOAL)

    def _draw_shadow(self, picture: Image.Image, index: int) -> None:
        position = self._flight.position[index]
        foot = position * (1.0, 1.0, 0.0)
        ring = self._camera.project(foot + 0.06 * _CIRCLE)[:, :2].tolist()
        draw_polygon(picture, [(x, y) for x, y in ring], _DARK, opacity=0.30)
        (x, y, _), (u, v, _) = self._camera.project([position, foot]).tolist()
        draw_line(picture, [(x, y), (u, v)], _DARK, width=1.0, opacity=0.25)

    def _draw_robot(self, picture: Image.Image, index: int) -> None:
        """Draw arms and rotor discs, the farthest first, larger than they are."""
        rotation = _rotation_matrix(self._flight.orientation[index])
        position = self._flight.position[index]
        rotors = position + _ENLARGED * self._positions @ rotation.T  # (4, 3) [m] map
        hub = self._camera.project(position).tolist()
        centres = self._camera.project(rotors)
        for x, y, _ in centres.tolist():
            draw_line(picture, [(hub[0], hub[1]), (x, y)], _DARK, width=2.4)
        draw_disc(picture, (hub[0], hub[1]), 3.0, _DARK)
        for i in np.argsort(-centres[:, 2]).tolist():
            disc = rotors[i] + _ENLARGED * self._radius * _CIRCLE @ rotation.T
            ring = [(x, y) for x, y in self._camera.project(disc)[:, :2].tolist()]
            color = _GOAL if self._positions[i, 0] > 0 else _DARK
            draw_polygon(picture, ring, color, opacity=0.75)


def frame_flight(flight: Flight, camera: Camera) -> Camera:
    """Return a camera, moved so that it sees path, goals, and the floor beneath them.

    Args:
        flight: The flight.
        camera: From which direction to look, and the size of the picture.
    """
    goals = flight.goal[np.isfinite(flight.goal).all(axis=1)]
    points = np.concatenate([flight.position, goals, flight.waypoints])
    points = np.concatenate([points - _ROOM, points + _ROOM])
    return camera.frame(np.concatenate([points, points * (1.0, 1.0, 0.0)]), margin=0.06)


def _rotation_matrix(orientation: Floats) -> Floats:
    """Return the rotation from base_link to map, (3, 3), of a quaternion (x, y, z, w)."""
    x, y, z, w = orientation.tolist()
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
