"""The tensors that a swarm policy takes beside those of a lone drone, as bundles describe them."""

from __future__ import annotations

from itertools import product

from untether_policies.contract import TensorSpec
from untether_training.models.features import FeaturesConfig
from untether_training.models.specs import STATE_MAX_AGE, input_specs
from untether_training.swarm.distance_field import POINTS
from untether_training.swarm.nearest_columns import COLUMNS
from untether_training.swarm.obstacles import COLUMN_POSITION, ObstacleView

_MAP = "map"
_PLACES = ("m", "0", "p")  # of a grid point along an axis: minus, zero, plus one spacing


def swarm_input_specs(
    own: FeaturesConfig, neighbours: int, obstacles: ObstacleView = ObstacleView.field
) -> tuple[TensorSpec, ...]:
    """Return what a swarm policy takes, in the order of the exported graph's inputs.

    Args:
        own: What the policy sees of its own drone.
        neighbours: How many others it sees, K.
        obstacles: What it sees of the obstacles.
    """
    shape = (neighbours, 3)
    names = tuple(f"n{rank + 1}_{axis}" for rank, axis in product(range(neighbours), "xyz"))
    return (
        *input_specs(own),
        TensorSpec(
            "neighbour_position",
            "custom/neighbour/position",
            names,
            shape,
            "m",
            _MAP,
            max_age=STATE_MAX_AGE,
        ),
        TensorSpec(
            "neighbour_velocity",
            "custom/neighbour/linear_velocity",
            names,
            shape,
            "m/s",
            _MAP,
            max_age=STATE_MAX_AGE,
        ),
        *_obstacle_specs(obstacles),
    )


def _obstacle_specs(view: ObstacleView) -> tuple[TensorSpec, ...]:
    """Return what is seen of the obstacles."""
    if view is ObstacleView.field:
        return (
            TensorSpec(
                "obstacle_distance",
                "custom/obstacle/distance",
                tuple(f"x{x}_y{y}" for x, y in product(_PLACES, _PLACES)),
                (POINTS,),
                "m",
                _MAP,
                max_age=STATE_MAX_AGE,
            ),
        )
    ranks = range(1, COLUMNS + 1)
    return (
        TensorSpec(
            "obstacle_position",
            COLUMN_POSITION,
            tuple(f"o{rank}_{axis}" for rank, axis in product(ranks, "xy")),
            (COLUMNS, 2),
            "m",
            _MAP,
            max_age=STATE_MAX_AGE,
        ),
        TensorSpec(
            "obstacle_radius",
            "custom/obstacle/radius",
            tuple(f"o{rank}" for rank in ranks),
            (COLUMNS,),
            "m",
            _MAP,
            max_age=STATE_MAX_AGE,
        ),
    )
