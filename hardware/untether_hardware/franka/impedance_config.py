"""What can be configured of the impedance controller: gains and limits of the reference."""

import math
from dataclasses import dataclass

from untether_hardware.franka.description import Vector3


@dataclass(frozen=True)
class ImpedanceConfig:
    """Gains, and how far the reference may be ahead of the tool.

    The limits bound the force that the arm can exert, wherever its setpoint is (Luo et al. 2024,
    "HIL-SERL", arXiv 2410.21845, section on the controller).

    Attributes:
        translational_stiffness: [N/m].
        translational_damping: [N s/m].
        rotational_stiffness: [N m/rad].
        rotational_damping: [N m s/rad].
        translation_lower: Least offset of the reference from the tool, (3,) [m] base.
        translation_upper: Largest offset of the reference from the tool, (3,) [m] base.
        rotation_lower: Least rotation of the reference from the tool, (3,) [rad] base.
        rotation_upper: Largest rotation of the reference from the tool, (3,) [rad] base.
        nullspace_stiffness: Of the pull to the joint angles of the last reset, where it does not
            move the tool [N m/rad].
        nullspace_damping: [N m s/rad].
    """

    translational_stiffness: float = 2000.0
    translational_damping: float = 89.0
    rotational_stiffness: float = 150.0
    rotational_damping: float = 7.0
    translation_lower: Vector3 = (-0.01, -0.01, -0.01)
    translation_upper: Vector3 = (0.01, 0.01, 0.01)
    rotation_lower: Vector3 = (-0.05, -0.05, -0.05)
    rotation_upper: Vector3 = (0.05, 0.05, 0.05)
    nullspace_stiffness: float = 20.0
    nullspace_damping: float = 9.0

    def __post_init__(self) -> None:
        for name in ("translational", "rotational", "nullspace"):
            for gain in (f"{name}_stiffness", f"{name}_damping"):
                value = getattr(self, gain)
                if not (math.isfinite(value) and value >= 0.0):
                    raise ValueError(
                        f"ImpedanceConfig.{gain}: expected a finite gain that is not negative, "
                        f"got {value!r}. Fix: change it where the controller is configured."
                    )
        for name in ("translation", "rotation"):
            lower, upper = getattr(self, f"{name}_lower"), getattr(self, f"{name}_upper")
            pairs = zip(lower, upper, strict=True)
            if not all(-math.inf < least <= 0.0 <= most < math.inf for least, most in pairs):
                raise ValueError(
                    f"ImpedanceConfig.{name}_lower and _upper: expected finite limits about zero, "
                    f"got {lower} and {upper}. Fix: give the lower limits a minus sign."
                )


PRECISION = ImpedanceConfig(
    rotational_stiffness=250.0,
    rotational_damping=9.0,
    translation_lower=(-0.1, -0.1, -0.1),
    translation_upper=(0.1, 0.1, 0.1),
    rotation_lower=(-0.5, -0.5, -0.5),
    rotation_upper=(0.5, 0.5, 0.5),
)
"""For motions through free space, such as resets: up to 200 N."""

COMPLIANCE = ImpedanceConfig(
    translation_lower=(-0.002, -0.0016, -0.005),
    translation_upper=(0.0075, 0.0016, 0.0055),
    rotation_lower=(-0.01, -0.025, -0.005),
    rotation_upper=(0.01, 0.025, 0.005),
)
"""For insertions, as HIL-SERL inserts a memory module: up to 15 N along x, 3 N along y."""
