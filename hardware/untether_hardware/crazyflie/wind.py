"""Wind on the simulated quadrotor: a mean and gusts, felt through the linear drag."""

import math

import numpy as np

from untether_hardware.crazyflie.description import Vector3
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig


class Wind:
    """Wind that wanders about its mean as an Ornstein-Uhlenbeck process.

    Attributes:
        blows: Whether there is any wind at all.
    """

    def __init__(self, config: SimulatedCrazyflieConfig) -> None:
        """Create the wind that a configuration describes.

        Args:
            config: Mean, gusts and drag of the simulated robot.
        """
        self.blows = config.gust > 0 or any(config.wind)
        self._mean = np.asarray(config.wind)  # (3,) [m/s] map
        self._drag = np.asarray(config.drag)  # (3,) [N s/m] map
        self._decay = math.exp(-config.control_period / config.gust_time_constant)
        self._kick = config.gust * math.sqrt(1.0 - self._decay**2)
        self._deviation = config.gust
        self._gust = np.zeros(3)  # [m/s] map
        self._generator = np.random.default_rng(0)

    def reset(self, generator: np.random.Generator) -> None:
        """Draw a first gust.

        Args:
            generator: Where the gusts come from until the next reset.
        """
        self._generator = generator
        if self.blows:
            self._gust = self._deviation * generator.standard_normal(3)

    def advance(self) -> Vector3:
        """Advance by a control period.

        Returns:
            Force of the wind on a robot at rest, (3,) [N] map.
        """
        self._gust = self._decay * self._gust + self._kick * self._generator.standard_normal(3)
        x, y, z = (self._drag * (self._mean + self._gust)).tolist()
        return x, y, z
