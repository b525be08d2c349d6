"""What goes to the robot: the last command, and when the next one of the stage itself is due."""

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.fit import ROTOR_THRUST
from untether_hardware.safety.landing import STOPPED
from untether_hardware.safety.motors import MotorModel
from untether_hardware.state import ActuatorCommand

_SPACING = 0.5  # periods that lie between two commands of the stage at least
_OVERDUE = 1.5  # periods after which it commands without a new sample


class Output:
    """Builds commands, remembers them, and paces the stage's own.

    Args:
        config: the control rate.
        description: the robot, for the names and limits of its rotors.
        motors: the model that follows what is sent.
    """

    def __init__(
        self, config: SafetyConfig, description: QuadrotorDescription, motors: MotorModel
    ) -> None:
        self._names = description.rotor_names
        self._largest = description.max_rotor_thrust
        self._motors = motors
        self._spacing = _SPACING * config.period
        self._overdue = _OVERDUE * config.period
        self._time = -self._overdue
        self._count = -1
        self.last: tuple[float, ...] = STOPPED
        """The last command sent, (4,) [N]."""
        self.urgent = False
        """Whether a command is due at once."""

    def send(
        self, time: float, stamp: float, values: tuple[float, ...], source: int, count: int
    ) -> ActuatorCommand:
        """Return a command to send; the last line of defence, whoever computed the values.

        Args:
            time: monotonic time [s].
            stamp: of the sample that it answers [s, node clock].
            values: rotor thrusts, (4,) [N]; beyond limits they are clamped, and NaN becomes zero.
            source: who computed them.
            count: samples that have come by now.
        """
        largest = self._largest
        if not all(0.0 <= value <= largest for value in values):
            values = tuple(min(largest, value) if value > 0.0 else 0.0 for value in values)
        self.last = values
        self.urgent = False
        self._time = time
        self._count = count
        self._motors.command(time, values)
        return ActuatorCommand(stamp, ROTOR_THRUST, self._names, values, source)

    def is_due(self, time: float, count: int) -> bool:
        """Return whether the stage itself has to send a command now.

        Args:
            time: monotonic time [s].
            count: samples that have come by now.
        """
        if self.urgent:
            return True
        elapsed = time - self._time
        return elapsed >= self._overdue or (count != self._count and elapsed >= self._spacing)
