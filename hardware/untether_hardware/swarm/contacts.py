"""Who touched what: contacts of a swarm's MuJoCo model, as flags of the drones."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

import mujoco
import numpy as np

from untether_hardware.swarm.state import SwarmContacts

_DRONE, _COLUMN, _WALL, _FLOOR = range(4)


class ContactWatch:
    """Remembers what each drone touched since it was last cleared."""

    def __init__(self, model: mujoco.MjModel, drones: int) -> None:
        """Find out which shape belongs to what.

        Args:
            model: As ``build_swarm_model`` makes it: the drones are the bodies after the world.
            drones: How many there are.
        """
        self._drone = np.asarray(model.geom_bodyid) - 1  # (geoms,) -1 for what stands still
        self._kind = np.full(model.ngeom, _WALL)
        self._kind[self._drone >= 0] = _DRONE
        for geom in map(model.geom, np.flatnonzero(self._drone < 0).tolist()):
            if geom.name == "floor":
                self._kind[geom.id] = _FLOOR
            elif geom.name.startswith("column"):
                self._kind[geom.id] = _COLUMN
        self._flags = np.zeros((4, drones), dtype=bool)

    def clear(self) -> None:
        """Forget everything."""
        self._flags[:] = False

    def look(self, data: mujoco.MjData) -> None:
        """Take note of the contacts that there are now."""
        if data.ncon == 0:
            return
        first, second = data.contact.geom.T
        for own, other in ((first, second), (second, first)):
            drone = self._drone[own]
            moving = drone >= 0
            self._flags[self._kind[other[moving]], drone[moving]] = True

    def read(self) -> SwarmContacts:
        """Return what the drones touched."""
        drone, column, wall, floor = self._flags.copy()
        return SwarmContacts(drone, column, wall, floor)
