"""What a batch of simulated drones offers to an evaluation."""

from collections.abc import Sequence
from typing import Protocol

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.state import BodyState
from untether_training.evaluation.outcome import Floats

RotorThrust = Sequence[float]  # (4,) [N] m1..m4


class Fleet(Protocol):
    """Drones side by side in one simulator, each with its own sensors."""

    @property
    def description(self) -> QuadrotorDescription:
        """What the drones are described as; each may differ from it."""
        ...

    def measure(self, indices: Sequence[int]) -> list[BodyState]:
        """Return what the sensors of some drones tell now."""
        ...

    def step(self, indices: Sequence[int], rotor_thrust: Sequence[RotorThrust]) -> None:
        """Fly some drones for one control period, each with its command; others may rest."""
        ...

    def truth(self) -> tuple[Floats, Floats, Floats]:
        """Return the true state of all drones.

        Returns:
            Positions (count, 3) [m] map, orientations (count, 4) xyzw and linear velocities
            (count, 3) [m/s] map.
        """
        ...
