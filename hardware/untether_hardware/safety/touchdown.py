"""Touchdown: does the robot stand on something?"""

from math import sqrt

from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.estimator import Estimate
from untether_hardware.safety.rotation import up_axis

_STILL = 0.15  # [m/s] vertical speed that is none
_STILL_RATE = 0.5  # [rad/s]
_CARRIED = 0.85  # part of its weight that a robot feels when something carries it
_WEAK = 0.65  # lift too weak to carry even a robot that is much lighter than described
_OVERTURNED = 0.5  # cosine of a tilt at which no robot lands
_NEAR_FLOOR = 0.15  # [s]
_BLOCKED = 0.4  # [s]
_CARRIED_TIME = 0.12  # [s]
_CRASHED = 0.5  # [s]


class TouchdownDetector:
    """Looks for four signs of an end of flight, each of which must last.

    - low and still, by a trusted state;
    - descent is wanted and the lift is weak, but nothing sinks, by a trusted state;
    - the rotors' lift is far too weak to carry the robot, but its accelerometer feels its whole
      weight: this needs no position, and holds whatever the estimate has drifted to;
    - overturned and at rest.

    Args:
        config: floor and touchdown heights.
        gravity: gravitational acceleration [m/s^2].
    """

    def __init__(self, config: SafetyConfig, gravity: float) -> None:
        self._height = config.floor_height + config.touchdown_height
        self._gravity = gravity
        self._times = [0.0, 0.0, 0.0, 0.0]

    def clear(self) -> None:
        """Forget what was seen."""
        self._times = [0.0, 0.0, 0.0, 0.0]

    def check(
        self, step: float, estimate: Estimate, trusted: bool, lift: float, felt: float | None
    ) -> bool:
        """Return whether the robot stands on something.

        Args:
            step: time since the last call [s].
            estimate: where the robot is thought to be.
            trusted: whether a body state supports the estimate.
            lift: thrust of the rotors over the weight [1].
            felt: length of the specific force over gravity [1]; None without inertial sensor.
        """
        a, b, c = estimate.linear_velocity
        speed = sqrt(a * a + b * b + c * c)
        p, q, r = estimate.angular_velocity
        turning = sqrt(p * p + q * q + r * r) > _STILL_RATE
        weightless = felt is not None and felt < _CARRIED
        still = trusted and speed < _STILL
        overturned = up_axis(estimate.orientation)[2] < _OVERTURNED
        signs = (
            (still and estimate.position[2] < self._height, _NEAR_FLOOR),
            (still and lift < 0.8 and not weightless, _BLOCKED),
            (
                felt is not None and not weightless and lift < _WEAK and (still or not trusted),
                _CARRIED_TIME,
            ),
            (
                overturned and not turning and (still or felt is not None) and not weightless,
                _CRASHED,
            ),
        )
        landed = False
        for index, (seen, needed) in enumerate(signs):
            self._times[index] = self._times[index] + step if seen else 0.0
            landed = landed or self._times[index] >= needed
        return landed
