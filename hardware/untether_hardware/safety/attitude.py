"""Attitude control of the fallback: points the thrust where it is wanted."""

from math import atan2, sqrt

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.safety.rotation import rotate_back
from untether_hardware.state import Quaternion, Vector

# Crossover at 18 rad/s, with a phase margin of 35 degrees at a lag of 17 ms (hurried motors) and 25
# ms of dead time.
_STIFFNESS = 90.0  # [1/s^2]
_DAMPING = 18.0  # [1/s]
_YAW_DAMPING = 4.0  # [1/s]
_FAR = 0.4  # [rad] beyond which time matters more than smoothness
_FAR_GAIN = 1.2  # [1] by which an error counts more beyond that
_LARGEST_ERROR = 3.0  # [rad] larger ones would only build up angular velocity


class AttitudeController:
    """Turns a wanted force into collective thrust and torques; lets the heading be.

    Args:
        description: the quadrotor.
    """

    def __init__(self, description: QuadrotorDescription) -> None:
        self._inertia = description.inertia

    def control(
        self, orientation: Quaternion, angular_velocity: Vector, force: Vector
    ) -> tuple[float, Vector]:
        """Return collective thrust [N] and torques (3,) [N m] base_link.

        Args:
            orientation: base_link to map, (4,) [1] xyzw.
            angular_velocity: (3,) [rad/s] base_link.
            force: wanted force of the rotors, (3,) [N] map.
        """
        x, y, z = rotate_back(orientation, force)
        side = sqrt(x * x + y * y)
        # The shortest turn of the thrust axis onto the force, a vector in the body's xy plane.
        angle = atan2(side, z)
        angle = min(_LARGEST_ERROR, angle + _FAR_GAIN * max(0.0, angle - _FAR))
        scale = angle / side if side > 1e-9 else 0.0
        p, q, r = angular_velocity
        i, j, k = self._inertia
        torque = (
            i * (-scale * y * _STIFFNESS - _DAMPING * p) + (k - j) * q * r,
            j * (scale * x * _STIFFNESS - _DAMPING * q) + (i - k) * p * r,
            -k * _YAW_DAMPING * r + (j - i) * p * q,
        )
        return max(0.0, z), torque
