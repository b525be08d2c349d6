"""The motors as the safety stage sees them: what they give now, and how to hurry them."""

from math import exp, sqrt

from untether_hardware.crazyflie.description import QuadrotorDescription

_Four = tuple[float, float, float, float]


class MotorModel:
    """Follows the rotors' speeds from the commands, with the described lag.

    The root of the normalised thrust follows the root of the command with a first-order lag
    (Huang et al. 2023, arXiv 2309.13285).

    Args:
        description: the quadrotor.
        lead: how far beyond the wanted speed a command may go to get there sooner; 1 is not at all.
    """

    def __init__(self, description: QuadrotorDescription, lead: float = 2.2) -> None:
        self._largest = description.max_rotor_thrust
        self._time_constant = description.motor_time_constant
        self._lead = lead
        self._time = 0.0
        self._speed: _Four = (0.0, 0.0, 0.0, 0.0)
        self._target: _Four = (0.0, 0.0, 0.0, 0.0)

    def advance(self, time: float) -> float:
        """Bring the model to a monotonic time [s]; return the thrust of all rotors then [N]."""
        elapsed = time - self._time
        if elapsed <= 0.0:
            return self.collective
        self._time = time
        part = 1.0 - exp(-elapsed / self._time_constant)
        a, b, c, d = self._speed
        e, f, g, h = self._target
        self._speed = (
            a + part * (e - a),
            b + part * (f - b),
            c + part * (g - c),
            d + part * (h - d),
        )
        return self.collective

    def command(self, time: float, thrust: tuple[float, ...]) -> None:
        """Take in what was sent to the robot.

        Args:
            time: monotonic time [s].
            thrust: rotor thrusts within limits, (4,) [N].
        """
        self.advance(time)
        scale = 1.0 / self._largest
        a, b, c, d = thrust
        self._target = (sqrt(a * scale), sqrt(b * scale), sqrt(c * scale), sqrt(d * scale))

    @property
    def collective(self) -> float:
        """Thrust of all rotors at the time of the last call [N]."""
        a, b, c, d = self._speed
        return self._largest * (a * a + b * b + c * c + d * d)

    def hurry(self, thrust: tuple[float, ...]) -> _Four:
        """Return the command with which the rotors reach a thrust sooner.

        Args:
            thrust: wanted rotor thrusts within limits, (4,) [N].
        """
        largest = self._largest
        a, b, c, d = (
            min(1.0, max(0.0, speed + self._lead * (sqrt(value / largest) - speed)))
            for speed, value in zip(self._speed, thrust, strict=True)
        )
        return largest * a * a, largest * b * b, largest * c * c, largest * d * d
