"""Which other drones a drone sees."""

import numpy as np

from untether_hardware.swarm.state import Floats

ABSENT = 10.0
"""Where a neighbour that is not there appears to be [m], along each axis of map."""

_CLOSE = 1e-6  # [m] below which two drones have no direction between them


def select_neighbours(position: Floats, velocity: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the drones that matter most to each drone, the most urgent first.

    They are ranked by the distance plus the rate at which it grows over one second, so that one
    who comes fast goes before one who is nearer but leaves (Huang et al. 2024, 2309.13285). Equals
    appear as their mean.

    Args:
        position: (drones, 3) [m] map.
        velocity: (drones, 3) [m/s] map.
        count: Neighbours that a drone sees.

    Returns:
        Relative positions [m] and velocities [m/s], (drones, count, 3) each, map; who is not there,
        is `ABSENT` and at rest.
    """
    drones = len(position)
    seen = np.zeros((6, drones, count))
    seen[:3] = ABSENT
    motion = np.concatenate((position, velocity), axis=1).T
    # (6, drones, drones); the second dimension is who looks, the third who is looked at.
    relative = motion[:, None] - motion[:, :, None]
    apart, moving = relative[:3], relative[3:]
    distance = np.sqrt(np.einsum("aij,aij->ij", apart, apart))
    urgency = np.einsum("aij,aij->ij", apart, moving) / np.maximum(distance, _CLOSE) + distance
    np.fill_diagonal(urgency, np.inf)
    for rank in range(min(count, drones - 1)):
        chosen = urgency == urgency.min(axis=1, keepdims=True)
        share = chosen / chosen.sum(axis=1, keepdims=True)
        seen[:, :, rank] = np.einsum("aij,ij->ai", relative, share)
        urgency[chosen] = np.inf
    return seen[:3].transpose(1, 2, 0), seen[3:].transpose(1, 2, 0)
