"""The motors of a swarm: those of one quadrotor, for all drones at once."""

import numpy as np

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.crazyflie.mixer import mixer_matrix
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.swarm.state import Floats


class SwarmMotors:
    """Rotor speeds that follow commanded thrusts with a first-order lag, as ``Motors`` has it.

    Attributes:
        speed: Rotor speeds over the maximum speed, (drones, 4) [1].
    """

    def __init__(
        self, description: QuadrotorDescription, config: SimulatedCrazyflieConfig, drones: int
    ) -> None:
        """Create motors at rest.

        Args:
            description: The quadrotor.
            config: Lag, largest speed and inertia of the rotors, and the physics step.
            drones: How many quadrotors there are.
        """
        self.speed = np.zeros((drones, 4))
        self._target = np.zeros((drones, 4))
        tau = np.asarray(config.motor_time_constants)
        self._rates = -np.expm1(-config.timestep / tau)  # up and down, over a whole step [1]
        self._half_rates = -np.expm1(-0.5 * config.timestep / tau)
        self._rate = np.zeros((drones, 4))
        self._half_rate = np.zeros((drones, 4))
        self._max_thrust = description.max_rotor_thrust
        # Rows are thrusts [N] and changes of speed [1] of the rotors; columns as of the mixer.
        self._drive = np.zeros((drones, 8))
        self._wrench = np.zeros((8, 4))
        self._wrench[:4] = mixer_matrix(description).T
        # What speeds a rotor up turns the body the way that its air drag does.
        gain = config.rotor_inertia * config.max_rotor_speed / config.timestep
        self._wrench[4:, 3] = gain * np.asarray(description.rotor_directions)

    @property
    def thrust(self) -> Floats:
        """Nominal thrusts that the rotors make now, (drones, 4) [N]."""
        return self._max_thrust * np.square(self.speed)

    def reset(self, thrust: Floats) -> None:
        """Let every rotor turn at the constant speed of a thrust.

        Args:
            thrust: (drones, 4) [N].
        """
        self.speed[:] = np.sqrt(thrust / self._max_thrust)
        self.command(thrust)

    def command(self, thrust: Floats) -> None:
        """Set what the rotors are to reach.

        Args:
            thrust: (drones, 4) [N], each within 0 and the maximum.
        """
        self._target[:] = np.sqrt(thrust / self._max_thrust)
        # A first-order lag never overshoots, so the direction holds until the next command.
        slower = (self._target <= self.speed).astype(int)
        self._rate[:] = self._rates[slower]
        self._half_rate[:] = self._half_rates[slower]

    def advance(self, gain: Floats) -> Floats:
        """Advance the rotors by one timestep.

        Args:
            gain: True over nominal thrust, (drones, 1) [1].

        Returns:
            Mean collective thrust [N] along +z and torques [N m] about x, y, z during the step,
            (drones, 4) base_link.
        """
        thrust, change = self._drive[:, :4], self._drive[:, 4:]
        np.subtract(self._target, self.speed, out=change)
        np.multiply(change, self._half_rate, out=thrust)
        thrust += self.speed
        np.square(thrust, out=thrust)
        thrust *= self._max_thrust * gain
        change *= self._rate
        self.speed += change
        return self._drive @ self._wrench
