"""What a swarm tells: the states of all its drones at one time, and what they touched."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SwarmState:
    """Poses and velocities of the drones, measured at the same time.

    Attributes:
        stamp: When they were measured [s, node clock].
        position: (drones, 3) [m] map.
        orientation: Unit quaternions base_link to map, (drones, 4) [1] xyzw.
        linear_velocity: (drones, 3) [m/s] map.
        angular_velocity: (drones, 3) [rad/s] base_link.
    """

    stamp: float
    position: Floats
    orientation: Floats
    linear_velocity: Floats
    angular_velocity: Floats


@dataclass(frozen=True, slots=True)
class SwarmContacts:
    """What each drone touched during some time.

    Attributes:
        drone: Whether it touched another drone, (drones,).
        column: Whether it touched a column, (drones,).
        wall: Whether it touched a wall or the ceiling, (drones,).
        floor: Whether it touched the floor, (drones,).
    """

    drone: Flags
    column: Flags
    wall: Flags
    floor: Flags
