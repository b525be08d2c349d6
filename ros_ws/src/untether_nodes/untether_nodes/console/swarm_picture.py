"""What the console knows about a swarm: immutable, made by the ROS thread, read by the pages."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SwarmFrame:
    """Where the drones are, at one time; rows in the order of the scene's names.

    Attributes:
        position: (drones, 3) [m] map.
        orientation: base_link to map, (drones, 4) [1] xyzw.
        velocity: (drones, 3) [m/s] map.
        goal: (drones, 3) [m] map; not a number where there is none.
        modes: Values of ``untether_interfaces/msg/Mode``, (drones,); ``UNKNOWN_MODE`` before.
        received: When the states came [s, steady clock].
    """

    position: Singles
    orientation: Singles
    velocity: Singles
    goal: Singles
    modes: NDArray[np.uint8]
    received: float


UNKNOWN_MODE = 255
"""Mode of a drone of which no safety stage has told."""


@dataclass(frozen=True)
class SwarmScene:
    """What seldom changes.

    Attributes:
        names: The drones.
        reasons: What caused each drone's mode.
        columns: x, y and radius of each column [m] map.
        room: Length of each side of the room [m].
    """

    names: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    columns: tuple[tuple[float, float, float], ...] = ()
    room: float = 10.0


@dataclass(frozen=True)
class SwarmHealth:
    """How well the graph is.

    Attributes:
        rate: States received [Hz].
        real_time_factor: Of the simulator; None when nobody tells it.
        policy: Name of the policy, empty when there is none.
        missing: What is not there of the graph, for people.
    """

    rate: float = 0.0
    real_time_factor: float | None = None
    policy: str = ""
    missing: tuple[str, ...] = ()
