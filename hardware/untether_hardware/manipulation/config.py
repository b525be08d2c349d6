"""What all manipulation tasks configure: rate, actions and the arm."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from untether_hardware.franka.impedance_config import ImpedanceConfig
from untether_hardware.franka.model import FRONT_CAMERA, WRIST_CAMERA, CameraConfig
from untether_hardware.franka.workspace import Workspace


@dataclass(frozen=True)
class ManipulationConfig:
    """How a policy acts, and for how long.

    Attributes:
        period: Time that one action holds [s].
        time_limit: After which an episode is truncated [s].
        translation_scale: Translation of the setpoint that an action of one asks for [m].
        rotation_scale: Rotation of the setpoint that an action of one asks for [rad].
        gripper_fixed: Whether the gripper stays as it was at the start, whatever it is told.
        gripper_force: With which the gripper holds [N].
        impedance: Gains of the arm's controller. They are damped more than those for the real
            arm, whose joints have friction.
        workspace: Where setpoints are clipped to.
        cameras: Whose pictures the policy sees; their names are those of the arm's model.
    """

    period: float = 0.1
    time_limit: float = 10.0
    translation_scale: float = 0.025
    rotation_scale: float = 0.06
    gripper_fixed: bool = False
    gripper_force: float = 20.0
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
    cameras: tuple[CameraConfig, ...] = (WRIST_CAMERA, FRONT_CAMERA)

    def __post_init__(self) -> None:
        for name in (
            "period",
            "time_limit",
            "translation_scale",
            "rotation_scale",
            "gripper_force",
        ):
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
