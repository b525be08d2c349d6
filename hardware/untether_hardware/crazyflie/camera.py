"""A pinhole camera that looks at a point, and that finds the distance from which all is seen."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """A camera as MuJoCo's free camera has it.

    Attributes:
        width: Of the picture [px].
        height: Of the picture [px].
        look_at: Point in the middle of the picture, (3,) [m] map.
        distance: From the camera to that point [m].
        azimuth: Direction of view about z, from x [rad].
        elevation: Direction of view above the horizon [rad].
        field_of_view: Vertical [rad].
    """

    width: int
    height: int
    look_at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    distance: float = 1.0
    azimuth: float = math.radians(125.0)
    elevation: float = math.radians(-22.0)
    field_of_view: float = math.radians(40.0)

    @property
    def axes(self) -> tuple[Floats, Floats, Floats]:
        """Directions of view, to the right and upwards, (3,) [1] map each."""
        ca, sa = math.cos(self.azimuth), math.sin(self.azimuth)
        ce, se = math.cos(self.elevation), math.sin(self.elevation)
        forward = np.array([ce * ca, ce * sa, se])
        right = np.array([sa, -ca, 0.0])
        return forward, right, np.cross(right, forward)

    @property
    def focal_length(self) -> float:
        """Pixels that a metre covers at a distance of one metre [px]."""
        return 0.5 * self.height / math.tan(0.5 * self.field_of_view)

    def project(self, points: ArrayLike) -> Floats:
        """Return where points are seen.

        Args:
            points: (..., 3) [m] map; they must be in front of the camera.

        Returns:
            (..., 3): column [px], row [px] and depth [m].
        """
        forward, right, up = self.axes
        eye = np.asarray(self.look_at) - self.distance * forward
        offset = np.asarray(points, dtype=float) - eye
        depth = offset @ forward
        scale = self.focal_length / depth
        column = 0.5 * self.width + scale * (offset @ right)
        row = 0.5 * self.height - scale * (offset @ up)
        return np.stack([column, row, depth], axis=-1)

    def frame(self, points: ArrayLike, *, margin: float = 0.10) -> "Camera":
        """Return this camera, moved so that points fill the picture.

        Args:
            points: (points, 3) [m] map.
            margin: Share of the picture to leave free on every side [1].
        """
        points = np.asarray(points, dtype=float)
        forward, right, up = self.axes
        half = (0.5 - margin) * np.array([self.width, self.height]) / self.focal_length
        across = np.stack([points @ right, points @ up], axis=1)  # (points, 2) [m]
        depth = points @ forward  # (points,) [m]
        # A point is inside when |across - centre| <= half * (depth - eye), for both axes. Only the
        # outermost lines of sight count; they bound the eye's depth and give the centre.
        last = (across - half * depth[:, None]).max(axis=0)
        first = (across + half * depth[:, None]).min(axis=0)
        centre = 0.5 * (first + last)
        eye = float(((first - last) / (2.0 * half)).min())
        distance = float(np.median(depth) - eye)
        target = centre[0] * right + centre[1] * up + (eye + distance) * forward
        x, y, z = target.tolist()
        return replace(self, look_at=(x, y, z), distance=distance)
