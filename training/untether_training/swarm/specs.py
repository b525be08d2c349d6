"""The tensors that a swarm policy takes beside those of a lone drone, as bundles describe them."""

from __future__ import annotations

from itertools import product

from untether_policies.contract import TensorSpec
from untether_training.models.features import FeaturesConfig
from untether_training.models.specs import STATE_MAX_AGE, input_specs
from untether_training.swarm.distance_field import POINTS

_MAP = "map"
_PLACES = ("m", "0", "p")  # of a grid point along an axis: minus, zero, plus one spacing


def swarm_input_specs(own: FeaturesConfig, neighbours: int) -> tuple[TensorSpec, ...]:
    """Return what a swarm policy takes, in the order of the exported graph's inputs.

    Args:
        own: What the policy sees of its own drone.
        neighbours: How many others it sees, K.
    """
    shape = (neighbours, 3)
    names = tuple(f"n{rank + 1}_{axis}" for rank, axis in product(range(neighbours), "xyz"))
    points = tuple(f"x{x}_y{y}" for x, y in product(_PLACES, _PLACES))
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
        TensorSpec(
            "obstacle_distance",
            "custom/obstacle/distance",
            points,
            (POINTS,),
            "m",
            _MAP,
            max_age=STATE_MAX_AGE,
        ),
    )
