"""Noise of the simulated sensors: odometry and inertial measurement unit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from untether_hardware.crazyflie.description import Vector3
from untether_hardware.state import BodyState, ImuSample

Quaternion = tuple[float, float, float, float]

_DRAWS = 18  # twelve for the odometry, six for the inertial measurement unit
_BLOCK = 512  # samples whose noise is drawn at once


@dataclass(frozen=True)
class SensorNoise:
    """Standard deviations of the sensors' noise, for every axis.

    Position, velocity and angular rate as in Huang et al. 2023 (arXiv 2309.13285): motion capture
    and an MPU-9250 at 200 Hz. The accelerometer and the biases are those of the BMI088's data
    sheet, the biases halved, since the firmware calibrates on the ground.

    Attributes:
        position: Of the odometry [m].
        orientation: Of the odometry, as a rotation about each axis [rad].
        linear_velocity: Of the odometry [m/s].
        angular_velocity: Of odometry and gyroscope [rad/s].
        linear_acceleration: Of the accelerometer [m/s^2].
        gyroscope_bias: Of the bias, which is drawn at reset [rad/s].
        accelerometer_bias: Of the bias, which is drawn at reset [m/s^2].
    """

    position: float = 0.005
    orientation: float = 0.005
    linear_velocity: float = 0.01
    angular_velocity: float = 0.0025
    linear_acceleration: float = 0.025
    gyroscope_bias: float = 0.009
    accelerometer_bias: float = 0.1


class Sensors:
    """Turns what is true into what the sensors tell."""

    def __init__(self, noise: SensorNoise | None) -> None:
        """Create sensors.

        Args:
            noise: Their noise, or None for perfect ones.
        """
        self._noise = noise
        self._generator = np.random.default_rng(0)
        self._block: list[list[float]] = []
        self._draw: Sequence[float] = ()
        self._gyroscope_bias: Vector3 = (0.0, 0.0, 0.0)
        self._accelerometer_bias: Vector3 = (0.0, 0.0, 0.0)

    def reset(self, generator: np.random.Generator) -> None:
        """Draw new biases.

        Args:
            generator: Where all noise comes from until the next reset.
        """
        self._generator = generator
        self._block = []
        if self._noise is not None:
            bias = generator.standard_normal(6)
            self._gyroscope_bias = _vector(bias[:3] * self._noise.gyroscope_bias)
            self._accelerometer_bias = _vector(bias[3:] * self._noise.accelerometer_bias)
        self.advance()

    def advance(self) -> None:
        """Draw the noise of the next control step; readings of one step are all alike."""
        if self._noise is None:
            return
        if not self._block:
            self._block = self._generator.standard_normal((_BLOCK, _DRAWS)).tolist()
        self._draw = self._block.pop()

    def measure_state(self, truth: BodyState) -> BodyState:
        """Return what the odometry tells of a state.

        Args:
            truth: The true state at the time of the measurement.
        """
        noise = self._noise
        if noise is None:
            return truth
        draw = self._draw
        turn = (
            noise.orientation * draw[6],
            noise.orientation * draw[7],
            noise.orientation * draw[8],
        )
        return BodyState(
            stamp=truth.stamp,
            position=_add(truth.position, noise.position, draw[0:3]),
            orientation=_rotate(truth.orientation, turn),
            linear_velocity=_add(truth.linear_velocity, noise.linear_velocity, draw[3:6]),
            angular_velocity=_add(truth.angular_velocity, noise.angular_velocity, draw[9:12]),
        )

    def measure_imu(self, truth: ImuSample) -> ImuSample:
        """Return what the inertial measurement unit tells.

        Args:
            truth: The true angular velocity and specific force.
        """
        noise = self._noise
        if noise is None:
            return truth
        draw = self._draw
        gyroscope = _add(truth.angular_velocity, 1.0, self._gyroscope_bias)
        accelerometer = _add(truth.linear_acceleration, 1.0, self._accelerometer_bias)
        return ImuSample(
            stamp=truth.stamp,
            angular_velocity=_add(gyroscope, noise.angular_velocity, draw[12:15]),
            linear_acceleration=_add(accelerometer, noise.linear_acceleration, draw[15:18]),
        )


def _vector(values: np.ndarray) -> Vector3:
    x, y, z = values.tolist()
    return x, y, z


def _add(vector: Vector3, scale: float, draw: Sequence[float]) -> Vector3:
    return (
        vector[0] + scale * draw[0],
        vector[1] + scale * draw[1],
        vector[2] + scale * draw[2],
    )


def _rotate(orientation: Quaternion, turn: Vector3) -> Quaternion:
    """Return an orientation turned by a small rotation vector [rad] of base_link, normalised."""
    x, y, z, w = orientation
    a, b, c = 0.5 * turn[0], 0.5 * turn[1], 0.5 * turn[2]
    rotated = (
        x + w * a + y * c - z * b,
        y + w * b + z * a - x * c,
        z + w * c + x * b - y * a,
        w - x * a - y * b - z * c,
    )
    scale = 1.0 / math.sqrt(sum(value * value for value in rotated))
    return rotated[0] * scale, rotated[1] * scale, rotated[2] * scale, rotated[3] * scale
