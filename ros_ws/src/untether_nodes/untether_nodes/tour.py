"""Tours: waypoints to fly to, one after the other."""

from math import dist

import numpy as np

from untether_hardware.state import Vector

VOLUME_LOWER: Vector = (-1.8, -1.8, 0.5)  # [m] map
VOLUME_UPPER: Vector = (1.8, 1.8, 2.2)  # [m] map
_LEAST_LEG = 0.6  # [m]


def random_tour(
    count: int,
    seed: int,
    *,
    lower: Vector = VOLUME_LOWER,
    upper: Vector = VOLUME_UPPER,
    least_leg: float = _LEAST_LEG,
) -> list[Vector]:
    """Return waypoints drawn uniformly from a box, no two successive ones near each other.

    Args:
        count: How many.
        seed: Of the draw; the same seed gives the same tour, and a longer one begins like it.
        lower: Least corner, (3,) [m] map.
        upper: Greatest corner, (3,) [m] map.
        least_leg: Least distance between successive waypoints [m].

    Raises:
        ValueError: When the box is too small for such a distance.
    """
    if least_leg > 0.5 * dist(lower, upper):
        raise ValueError(
            f"expected a least leg of at most half the box's diagonal, {0.5 * dist(lower, upper)} "
            f"m, got {least_leg} m. Fix: shorten the leg or widen the box."
        )
    generator = np.random.default_rng(seed)
    tour: list[Vector] = []
    while len(tour) < count:
        x, y, z = generator.uniform(lower, upper).tolist()
        if not tour or dist((x, y, z), tour[-1]) >= least_leg:
            tour.append((x, y, z))
    return tour
