"""What all manipulation tasks configure: rate, actions, observations and the arm."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from untether_hardware.franka.impedance_config import ImpedanceConfig
from untether_hardware.franka.workspace import Workspace


@dataclass(frozen=True)
class ManipulationConfig:
    """How a policy acts, what it sees and for how long.

    Attributes:
        period: Time that one action holds [s].
        time_limit: After which an episode is truncated [s].
        translation_scale: Translation of the setpoint that an action of one asks for [m].
        rotation_scale: Rotation of the setpoint that an action of one asks for [rad].
        images: Whether observations hold the cameras' pictures.
        image_size: Width and height of the pictures [px].
        privileged: Whether observations hold what only a simulator knows of the objects.
        impedance: Gains of the arm's controller. They are damped more than those for the real
            arm, whose joints have friction.
        workspace: Where setpoints are clipped to.
    """

    period: float = 0.1
    time_limit: float = 10.0
    translation_scale: float = 0.025
    rotation_scale: float = 0.06
    images: bool = True
    image_size: int = 128
    privileged: bool = False
    impedance: ImpedanceConfig = field(
        default_factory=lambda: ImpedanceConfig(
            translational_damping=150.0,
            rotational_damping=10.0,
            translation_lower=(-0.025, -0.025, -0.025),
            translation_upper=(0.025, 0.025, 0.025),
            rotation_lower=(-0.1, -0.1, -0.1),
            rotation_upper=(0.1, 0.1, 0.1),
        )
    )
    workspace: Workspace = field(default_factory=Workspace)

    def __post_init__(self) -> None:
        for name in ("period", "time_limit", "translation_scale", "rotation_scale", "image_size"):
            value = getattr(self, name)
            if not 0.0 < value < math.inf:
                raise ValueError(
                    f"ManipulationConfig.{name}: expected a positive number, got {value!r}. "
                    "Fix: change it where the task is configured."
                )

    @property
    def max_steps(self) -> int:
        """Actions in an episode that is not ended by success."""
        return round(self.time_limit / self.period)
