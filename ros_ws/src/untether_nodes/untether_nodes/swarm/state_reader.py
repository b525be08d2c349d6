"""States of a swarm as arrays, for who computes with all drones at once."""

from collections.abc import Sequence

import numpy as np
from untether_interfaces.msg import SwarmState as SwarmStateMessage

from untether_hardware.swarm.neighbours import ABSENT
from untether_hardware.swarm.state import Flags, SwarmState
from untether_nodes.conversions import to_seconds

_WIDTHS = (3, 4, 3, 3)  # values of position, orientation, linear and angular velocity


class SwarmStateReader:
    """Reads messages into rows, by name.

    A drone of which a message tells nothing, or no numbers, is not known and stays where it was;
    one that has never been known is far away from all.

    Attributes:
        known: Whether the last message told of each drone, (drones,).
    """

    def __init__(self, names: Sequence[str]) -> None:
        """Create a reader.

        Args:
            names: The drones, in the order of the rows.
        """
        self.known: Flags = np.zeros(len(names), dtype=bool)
        self._index = {name: row for row, name in enumerate(names)}
        self._names: list[str] = []
        self._taken = np.zeros(0, dtype=np.intp)  # rows of a message that are of our drones
        self._rows = np.zeros(0, dtype=np.intp)  # whose they are
        self._motion = np.zeros((len(names), sum(_WIDTHS)))
        self._motion[:, 0] = ABSENT * np.arange(1, len(names) + 1)
        self._motion[:, 6] = 1.0  # level

    def read(self, message: SwarmStateMessage) -> SwarmState:
        """Return the states of all drones.

        Args:
            message: With rows in any order.

        Raises:
            ValueError: When the message holds too few or many numbers for its names.
        """
        if message.names != self._names:
            self._match(list(message.names))
        rows = len(self._names)
        arrays = (
            message.position,
            message.orientation,
            message.linear_velocity,
            message.angular_velocity,
        )
        sizes = [rows * width for width in _WIDTHS]
        if [len(array) for array in arrays] != sizes:
            raise ValueError(
                f"states: expected {', '.join(map(str, sizes))} numbers for {rows} drones, got "
                f"{', '.join(str(len(array)) for array in arrays)}. Fix: check the driver."
            )
        told = np.hstack(
            [
                np.frombuffer(array).reshape(rows, width)
                for array, width in zip(arrays, _WIDTHS, strict=True)
            ]
        )[self._taken]
        finite = np.isfinite(told).all(axis=1)
        known = self._rows[finite]
        self.known[:] = False
        self.known[known] = True
        self._motion[~self.known, 7:] = 0.0
        self._motion[known] = told[finite]
        position, orientation, linear, angular = np.split(self._motion.copy(), (3, 7, 10), axis=1)
        return SwarmState(to_seconds(message.header.stamp), position, orientation, linear, angular)

    def _match(self, names: list[str]) -> None:
        """Find our drones among a message's; of two rows for one drone, the first counts."""
        self._names = names
        rows = {
            self._index[name]: row
            for row, name in reversed(list(enumerate(names)))
            if name in self._index
        }
        self._rows = np.array(list(rows), dtype=np.intp)
        self._taken = np.array(list(rows.values()), dtype=np.intp)
