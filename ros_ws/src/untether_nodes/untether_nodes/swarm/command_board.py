"""What the drones of a simulated swarm were last told, and who has not been answered yet."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from untether_hardware.swarm.state import Floats

_LEFT_OUT = -1  # the drone of a row that nobody asked for


class CommandBoard:
    """Keeps the newest commanded thrusts; a message may hold any rows, in any order.

    Rows of unknown drones, second rows for a drone, and messages whose elements are not the rotors
    or whose length does not fit are left out, and counted.

    Attributes:
        thrust: Commanded rotor thrusts, (drones, rotors) [N].
        driven_at: When each drone was last told to turn a rotor, (drones,) [s].
        ignored: Rows that were left out so far.
    """

    def __init__(self, drones: Sequence[str], rotors: Sequence[str]) -> None:
        """Begin with rotors that stand still.

        Args:
            drones: Their names, in the order of all rows.
            rotors: Names of each drone's rotors, in the order of all columns.
        """
        self.thrust: Floats = np.zeros((len(drones), len(rotors)))
        self.driven_at: Floats = np.full(len(drones), -np.inf)
        self.ignored = 0
        self._commanded_at: Floats = np.zeros(len(drones))
        self._index = {name: index for index, name in enumerate(drones)}
        self._rotors = list(rotors)
        self._unanswered = np.zeros(len(drones), dtype=bool)
        self._drones: list[str] = []
        self._taken: NDArray[np.intp] = np.zeros(0, dtype=int)  # rows of the last drones
        self._rows: NDArray[np.intp] = np.zeros(0, dtype=int)  # where they belong

    @property
    def unanswered(self) -> list[int]:
        """The drones for which no answer has come."""
        return np.flatnonzero(self._unanswered).tolist()

    def expect(self) -> None:
        """Wait for an answer to every drone from now on."""
        self._unanswered[:] = True

    def receive(
        self,
        time: float,
        drones: Sequence[str],
        names: Sequence[str],
        values: ArrayLike,
        *,
        answers: bool,
    ) -> bool:
        """Take commands in.

        Args:
            time: The time of the simulation [s].
            drones: Who is commanded, in the order of the rows.
            names: Elements, in the order of the columns.
            values: Row by row, (drones * names,) [N].
            answers: Whether they answer what :meth:`expect` waits for.

        Returns:
            Whether all drones have been answered, by this message as the last one.
        """
        numbers = np.asarray(values, dtype=float)
        if sorted(names) != sorted(self._rotors) or numbers.size != len(drones) * len(names):
            self.ignored += len(drones)
            return False
        self._match(drones)
        self.ignored += len(drones) - len(self._rows)
        rows = self._rows
        table = numbers.reshape(len(drones), len(names))[self._taken]
        if names != self._rotors:
            table = table[:, [list(names).index(name) for name in self._rotors]]
        self.thrust[rows] = table
        self._commanded_at[rows] = time
        self.driven_at[rows[np.any(table != 0.0, axis=1)]] = time
        if not answers or not self._unanswered.any():
            return False
        self._unanswered[rows] = False
        return not self._unanswered.any()

    def expire(self, time: float, timeout: float) -> None:
        """Stop the rotors of drones that have been told nothing for longer than a timeout [s]."""
        self.thrust[time - self._commanded_at > timeout] = 0.0

    def _match(self, drones: Sequence[str]) -> None:
        """Find which rows belong to which drone."""
        if drones == self._drones:
            return
        self._drones = list(drones)
        first = {name: row for row, name in reversed(list(enumerate(self._drones)))}
        known = [(row, self._index[name]) for name, row in first.items() if name in self._index]
        self._taken = np.array([row for row, _ in known], dtype=int)
        self._rows = np.array([drone for _, drone in known], dtype=int)
