"""Sensors of a simulated swarm: those of one Crazyflie, for all drones at once."""

from collections.abc import Sequence

import numpy as np

from untether_hardware.crazyflie.sensors import SensorNoise
from untether_hardware.swarm.noise import SwarmNoise
from untether_hardware.swarm.state import Floats, SwarmState

_DRAWS = 18  # twelve for the odometry, six for the inertial measurement unit


class SwarmSensors:
    """Turns what is true into what the sensors tell, as ``Sensors`` does for one robot."""

    def __init__(
        self, noise: SensorNoise | None, generators: Sequence[np.random.Generator]
    ) -> None:
        """Create sensors and draw their biases.

        Args:
            noise: Their noise, or None for perfect ones.
            generators: Where each drone's noise comes from.
        """
        self._noise = noise
        if noise is not None:
            bias = np.array([generator.standard_normal(6) for generator in generators])
            self._gyroscope_bias = noise.gyroscope_bias * bias[:, :3]  # [rad/s] base_link
            self._accelerometer_bias = noise.accelerometer_bias * bias[:, 3:]  # [m/s^2]
            self._numbers = SwarmNoise(generators, _DRAWS)
            self.advance()

    def advance(self) -> None:
        """Draw the noise of the next control step; readings of one step are all alike."""
        if self._noise is not None:
            self._draw = self._numbers.draw()

    def measure_state(self, truth: SwarmState) -> SwarmState:
        """Return what the odometry tells of the drones.

        Args:
            truth: Their true state at the time of the measurement.
        """
        noise = self._noise
        if noise is None:
            return truth
        draw = self._draw
        return SwarmState(
            stamp=truth.stamp,
            position=truth.position + noise.position * draw[:, 0:3],
            orientation=_rotate(truth.orientation, noise.orientation * draw[:, 6:9]),
            linear_velocity=truth.linear_velocity + noise.linear_velocity * draw[:, 3:6],
            angular_velocity=truth.angular_velocity + noise.angular_velocity * draw[:, 9:12],
        )

    def measure_imu(
        self, angular_velocity: Floats, linear_acceleration: Floats
    ) -> tuple[Floats, Floats]:
        """Return what the inertial measurement units tell.

        Args:
            angular_velocity: True angular velocities, (drones, 3) [rad/s] base_link.
            linear_acceleration: True specific forces, (drones, 3) [m/s^2] base_link.

        Returns:
            What gyroscopes and accelerometers tell, in the same units and frame.
        """
        noise = self._noise
        if noise is None:
            return angular_velocity, linear_acceleration
        draw = self._draw
        gyroscope = self._gyroscope_bias + noise.angular_velocity * draw[:, 12:15]
        accelerometer = self._accelerometer_bias + noise.linear_acceleration * draw[:, 15:18]
        return angular_velocity + gyroscope, linear_acceleration + accelerometer


def _rotate(orientation: Floats, turn: Floats) -> Floats:
    """Return orientations turned by small rotation vectors [rad] of base_link, normalised."""
    x, y, z, w = orientation.T
    a, b, c = 0.5 * turn.T
    rotated = np.stack(
        [
            x + w * a + y * c - z * b,
            y + w * b + z * a - x * c,
            z + w * c + x * b - y * a,
            w - x * a - y * b - z * c,
        ],
        axis=1,
    )
    return rotated / np.linalg.norm(rotated, axis=1, keepdims=True)
