"""What counts in a flight of a swarm; the definitions of Huang et al. 2024 (2309.13285)."""

from collections import deque

import numpy as np

from untether_hardware.swarm.outcome import SwarmOutcome
from untether_hardware.swarm.state import Floats, SwarmContacts

GRACE = 1.5
"""Time after the start during which contacts do not count [s]."""

_ARRIVAL_STEPS = 5  # over which the distance to the goal is averaged
_FINAL_TIME = 1.0  # [s] before the end, over which the final distance is averaged


class SwarmTally:
    """Watches drones, one call a control period, whichever simulator they fly in."""

    def __init__(self, position: Floats, radius: float | Floats, period: float) -> None:
        """Begin a flight.

        Args:
            position: Where the drones start, (drones, 3) [m] map.
            radius: Distance to the goal that counts as arrived [m]; one, or one for each drone.
            period: Time between two calls of ``observe`` [s].
        """
        drones = len(position)
        self._radius = radius
        self._position = position
        self._grace = round(GRACE / period)
        self._ticks = 0
        self._recent: deque[Floats] = deque(maxlen=_ARRIVAL_STEPS)
        self._final: deque[Floats] = deque(maxlen=max(1, round(_FINAL_TIME / period)))
        self._arrived = np.zeros(drones, dtype=bool)
        self._hits = np.zeros((4, drones), dtype=bool)
        self._way = np.zeros(drones)

    def observe(self, position: Floats, goal: Floats, contacts: SwarmContacts) -> None:
        """Take in what happened in a control period.

        Args:
            position: True positions at its end, (drones, 3) [m] map.
            goal: Where the drones were to be, (drones, 3) [m] map.
            contacts: What they touched in it.
        """
        if self._ticks >= self._grace:
            self._hits |= (contacts.drone, contacts.column, contacts.wall, contacts.floor)
        distance = np.linalg.norm(goal - position, axis=1)
        self._recent.append(distance)
        self._final.append(distance)
        if len(self._recent) == _ARRIVAL_STEPS:
            self._arrived |= np.mean(self._recent, axis=0) < self._radius
        self._way += np.linalg.norm(position - self._position, axis=1)
        self._position = position
        self._ticks += 1

    def finish(self) -> SwarmOutcome:
        """Return how the drones fared; the distance is not a number before the first call."""
        drone, column, wall, floor = self._hits.copy()
        final = np.mean(self._final, axis=0) if self._final else np.full(len(self._way), np.nan)
        return SwarmOutcome(
            self._arrived.copy(), drone, column, wall, floor, final, self._way.copy()
        )
