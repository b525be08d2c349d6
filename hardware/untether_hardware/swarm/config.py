"""What can be configured of a simulated swarm."""

from dataclasses import dataclass, field

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig


@dataclass(frozen=True)
class SimulatedSwarmConfig:
    """How the drones of a simulated swarm differ from their description, and what disturbs them.

    Attributes:
        robot: Of every drone; where it stands at first is up to the swarm.
        mass_scales: Multiply the mass of ``robot`` [1]; dealt to the drones in turn.
        hull_radius: Radius of the upright cylinder with which a drone touches others, columns and
            walls [m]; as large as the circle about its propellers. Huang et al. 2024 (2309.13285)
            count a collision of drones at 0.092 m, so 0.046 m here.
        downwash: Whether drones push down those who fly below them.
    """

    robot: SimulatedCrazyflieConfig = field(default_factory=SimulatedCrazyflieConfig)
    mass_scales: tuple[float, ...] = (1.0,)
    hull_radius: float = CRAZYFLIE.radius
    downwash: bool = True

    def __post_init__(self) -> None:
        if not self.mass_scales or min(self.mass_scales) <= 0:
            self._refuse("mass_scales", "one positive number or several")
        if not self.hull_radius > 0:
            self._refuse("hull_radius", "a positive number")

    def _refuse(self, name: str, expected: str) -> None:
        raise ValueError(
            f"SimulatedSwarmConfig.{name}: expected {expected}, got {getattr(self, name)!r}. "
            "Fix: change it where the simulator is configured."
        )
