"""Random numbers of a swarm: each drone has a generator of its own."""

from collections.abc import Sequence

import numpy as np

from untether_hardware.swarm.state import Floats

_BLOCK = 128  # draws that are made at once


class SwarmNoise:
    """Standard normal numbers, drawn in blocks; those of a drone do not depend on the others."""

    def __init__(self, generators: Sequence[np.random.Generator], width: int) -> None:
        """Create noise.

        Args:
            generators: Where each drone's numbers come from.
            width: How many numbers a drone needs at once.
        """
        self._generators = generators
        self._width = width
        self._block = np.zeros((0, len(generators), width))
        self._next = 0

    def draw(self) -> Floats:
        """Return new numbers, (drones, width) [1]."""
        if self._next == len(self._block):
            shape = (_BLOCK, self._width)
            columns = [generator.standard_normal(shape) for generator in self._generators]
            self._block = np.stack(columns, axis=1)
            self._next = 0
        self._next += 1
        return self._block[self._next - 1]
