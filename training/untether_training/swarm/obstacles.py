"""What a policy sees of the obstacles, and how it is measured."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from torch import Tensor

from untether_policies.contract import TensorSpec
from untether_training.swarm.course import Course
from untether_training.swarm.distance_field import measure_distances
from untether_training.swarm.nearest_columns import find_nearest_columns

COLUMN_POSITION = "custom/obstacle/position"
"""Kind of the tensor by which a policy shows that it sees the nearest columns."""


class ObstacleView(Enum):
    """What a policy sees of the obstacles; the names are those of configs."""

    field = "field"
    """Distances to the nearest one at 3 x 3 points; see `measure_distances`."""
    nearest = "nearest"
    """Positions and radii of the nearest ones; see `find_nearest_columns`."""
    positions = "positions"
    """The same, shown to the network as they are, without distance and direction; to compare."""

    @classmethod
    def of(cls, inputs: Sequence[TensorSpec]) -> ObstacleView:
        """Return what is measured for a policy with these inputs: `field` or `nearest`."""
        columns = any(spec.kind == COLUMN_POSITION for spec in inputs)
        return cls.nearest if columns else cls.field


def measure_obstacles(view: ObstacleView, position: Tensor, course: Course) -> dict[str, Tensor]:
    """Return what drones see of the obstacles.

    Args:
        view: What they see of them.
        position: (3, D, W) [m] map.
        course: The columns of the W worlds.

    Returns:
        `obstacle_distance` (D * W, 9) [m], or `obstacle_position` (D * W, L, 2) [m] map, relative,
        and `obstacle_radius` (D * W, L) [m].
    """
    if view is ObstacleView.field:
        distances = measure_distances(position, course.centre, course.radius)
        return {"obstacle_distance": distances.flatten(1).T}
    places, radii = find_nearest_columns(position, course.centre, course.radius)
    return {
        "obstacle_position": places.flatten(2).permute(2, 0, 1),
        "obstacle_radius": radii.flatten(1).T,
    }
