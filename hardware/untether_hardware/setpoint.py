"""What a body is asked to reach."""

from dataclasses import dataclass

Vector3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Setpoint:
    """A goal for a body, as a policy's command inputs state it.

    Attributes:
        position: (3,) [m] map.
        linear_velocity: (3,) [m/s] map.
    """

    position: Vector3
    linear_velocity: Vector3 = (0.0, 0.0, 0.0)
