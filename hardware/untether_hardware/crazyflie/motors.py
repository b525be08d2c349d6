"""The four motors of a quadrotor: lag of the rotor speed, and thrust as its square."""

import math
from collections.abc import Sequence

from untether_hardware.crazyflie.description import QuadrotorDescription


class Motors:
    """Rotor speeds that follow a commanded thrust with a first-order lag.

    The speed of a rotor as a fraction of its maximum, ``r``, follows ``sqrt(u)``, where ``u`` is
    the commanded thrust over the maximum, and its thrust is ``r**2`` of the maximum: the model of
    Huang et al. 2023 (arXiv 2309.13285), with a time constant of its own for slowing down, because
    nothing brakes a propeller but the air. Between two steps the speed is solved exactly.

    Plain floats on purpose: for four rotors they are faster than arrays.

    Attributes:
        speed: Rotor speeds over the maximum speed, (4,) [1].
    """

    def __init__(
        self,
        description: QuadrotorDescription,
        *,
        time_constants: tuple[float, float],
        timestep: float,
        max_speed: float,
        rotor_inertia: float,
    ) -> None:
        """Create motors at rest.

        Args:
            description: The quadrotor.
            time_constants: Of speeding up and of slowing down [s].
            timestep: Time that one call of ``advance`` covers [s].
            max_speed: Rotor speed at the largest thrust [rad/s].
            rotor_inertia: Moment of inertia of a propeller and what turns with it [kg m^2].
        """
        self.speed: list[float] = [0.0] * 4
        self._target: list[float] = [0.0] * 4
        self._rate: list[tuple[float, float]] = [(0.0, 0.0)] * 4
        self._max_thrust = description.max_rotor_thrust
        self._rates = tuple(
            (-math.expm1(-0.5 * timestep / tau), -math.expm1(-timestep / tau))
            for tau in time_constants
        )
        gain = rotor_inertia * max_speed / timestep
        # What speeds a rotor up turns the body the way that its air drag does.
        self._spin_up = [direction * gain for direction in description.rotor_directions]

    def reset(self, thrust: float) -> None:
        """Let every rotor turn at the constant speed of a thrust.

        Args:
            thrust: Thrust of each rotor [N].
        """
        self.speed = [math.sqrt(thrust / self._max_thrust)] * 4
        self.command((thrust,) * 4)

    def command(self, thrust: Sequence[float]) -> None:
        """Set what the rotors are to reach.

        Args:
            thrust: Rotor thrusts, (4,) [N], each within 0 and the maximum.
        """
        up, down = self._rates
        self._target = [math.sqrt(value / self._max_thrust) for value in thrust]
        # A first-order lag never overshoots, so the direction holds until the next command.
        self._rate = [
            up if target > speed else down
            for target, speed in zip(self._target, self.speed, strict=True)
        ]

    def advance(self) -> tuple[float, float, float, float, float]:
        """Advance the rotors by one timestep.

        Returns:
            Thrusts of the four rotors in the middle of the step [N], and the mean torque about +z
            of base_link that their acceleration puts on the body [N m].
        """
        r0, r1, r2, r3 = self.speed
        d0, d1, d2, d3 = (t - r for t, r in zip(self._target, self.speed, strict=True))
        (h0, f0), (h1, f1), (h2, f2), (h3, f3) = self._rate
        self.speed = [r0 + f0 * d0, r1 + f1 * d1, r2 + f2 * d2, r3 + f3 * d3]
        s0, s1, s2, s3 = self._spin_up
        torque = s0 * f0 * d0 + s1 * f1 * d1 + s2 * f2 * d2 + s3 * f3 * d3
        r0 += h0 * d0
        r1 += h1 * d1
        r2 += h2 * d2
        r3 += h3 * d3
        scale = self._max_thrust
        return scale * r0 * r0, scale * r1 * r1, scale * r2 * r2, scale * r3 * r3, torque
