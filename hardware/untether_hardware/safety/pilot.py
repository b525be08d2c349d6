"""The pilot: sends a commander's command on, or flies the robot itself."""

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.safety.blend import Blend
from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.events import Finding
from untether_hardware.safety.landing import STOPPED, LandingController
from untether_hardware.safety.limits import LimitGuard
from untether_hardware.safety.modes import Source
from untether_hardware.safety.motors import MotorModel
from untether_hardware.safety.output import Output
from untether_hardware.safety.rest import RestDetector
from untether_hardware.safety.sensors import Sensors
from untether_hardware.state import ActuatorCommand


class Pilot:
    """Makes every command that goes to the robot, and knows whether it flies.

    Args:
        config: limits and times.
        description: the robot.
        sensors: where the robot is thought to be.
    """

    def __init__(
        self, config: SafetyConfig, description: QuadrotorDescription, sensors: Sensors
    ) -> None:
        self._sensors = sensors
        self._motors = MotorModel(description)
        self._fallback = LandingController(config, description, self._motors)
        self._output = Output(config, description, self._motors)
        self._blend = Blend(config.blend_time)
        self.rest = RestDetector(config, description)
        """Whether the robot flies."""

    @property
    def landed(self) -> bool:
        """Whether the fallback has nothing left to fly."""
        return self._fallback.landed

    def measure_thrust(self, time: float) -> float:
        """Return the thrust of all rotors at a monotonic time, by the motors' model [N]."""
        return self._motors.advance(time)

    def is_due(self, time: float) -> bool:
        """Return whether the stage itself has to send a command at a monotonic time."""
        return self._output.is_due(time, self._sensors.arrivals.count(time))

    def hurry(self) -> None:
        """Let the next command be due at once."""
        self._output.urgent = True

    def begin_blend(self, time: float) -> None:
        """Let a new commander take over gradually from the last command."""
        self._blend.begin(time, self._output.last)

    def land(self, time: float) -> None:
        """Level and land from now on."""
        self._fallback.land(time)

    def stop(self) -> None:
        """Fly no more: a commander does, or nobody."""
        self._fallback.stop()

    def forward(
        self,
        time: float,
        command: ActuatorCommand,
        values: tuple[float, ...],
        limits: LimitGuard,
    ) -> tuple[ActuatorCommand, Finding | None]:
        """Return a commander's command, blended in and slowed down where needed, and a finding.

        Args:
            time: monotonic time [s].
            command: the commander's.
            values: its thrusts within limits in the robot's order, (4,) [N].
            limits: the commander's.
        """
        self._fallback.stop()
        values = self._blend.mix(time, values)
        values, finding = limits.slew(self._output.last, values)
        self.rest.observe_thrust(sum(values))
        return self._send(time, command.stamp, values, command.source), finding

    def idle(self, time: float) -> ActuatorCommand:
        """Return a command to stand still."""
        return self._send(time, self._sensors.arrivals.stamp(time), STOPPED, Source.NONE)

    def fly(self, time: float, hold: bool) -> ActuatorCommand:
        """Return the fallback's command.

        Args:
            time: monotonic time [s].
            hold: whether to hold the robot in the air; else it goes on with what it was told.
        """
        if hold:
            self._fallback.hold(time)
        sensors = self._sensors
        imu = sensors.imu if sensors.has_imu(time) else None
        thrust = self._fallback.control(
            time,
            sensors.estimate(time),
            sensors.trusted,
            None if imu is None else imu.linear_acceleration,
        )
        if self._fallback.landed:
            self.rest.land(sensors.state if sensors.trusted else None)
        return self._send(time, sensors.arrivals.stamp(time), thrust, Source.FALLBACK)

    def _send(
        self, time: float, stamp: float, values: tuple[float, ...], source: int
    ) -> ActuatorCommand:
        count = self._sensors.arrivals.count(time)
        return self._output.send(time, stamp, values, source, count)
