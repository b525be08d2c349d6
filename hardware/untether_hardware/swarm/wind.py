"""Wind on a simulated swarm: that of one Crazyflie, with gusts of its own for each drone."""

import math
from collections.abc import Sequence

import numpy as np

from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.swarm.noise import SwarmNoise
from untether_hardware.swarm.state import Floats


class SwarmWind:
    """Wind that wanders about its mean as an Ornstein-Uhlenbeck process, as ``Wind`` has it.

    Attributes:
        blows: Whether there is any wind at all.
    """

    def __init__(
        self, config: SimulatedCrazyflieConfig, generators: Sequence[np.random.Generator]
    ) -> None:
        """Create wind and draw the first gusts.

        Args:
            config: Mean and gusts.
            generators: Where each drone's gusts come from.
        """
        self.blows = config.gust > 0 or any(config.wind)
        self._mean = np.asarray(config.wind)  # (3,) [m/s] map
        self._decay = math.exp(-config.control_period / config.gust_time_constant)
        self._kick = config.gust * math.sqrt(1.0 - self._decay**2)
        self._numbers = SwarmNoise(generators, 3)
        self._gust = np.zeros((len(generators), 3))  # [m/s] map
        if self.blows:
            self._gust = config.gust * self._numbers.draw()

    def advance(self) -> Floats:
        """Advance by a control period.

        Returns:
            Velocity of the air about each drone, (drones, 3) [m/s] map.
        """
        self._gust = self._decay * self._gust + self._kick * self._numbers.draw()
        return self._mean + self._gust
