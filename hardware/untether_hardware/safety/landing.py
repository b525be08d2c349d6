"""The fallback controller of a quadrotor: level first, then land; or hold the robot where it is."""

from enum import Enum, auto
from math import hypot, tan

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.safety.attitude import AttitudeController
from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.estimator import Estimate
from untether_hardware.safety.mixer import Mixer
from untether_hardware.safety.motors import MotorModel
from untether_hardware.safety.rotation import up_axis
from untether_hardware.safety.touchdown import TouchdownDetector
from untether_hardware.state import Vector

Thrust = tuple[float, float, float, float]
STOPPED: Thrust = (0.0, 0.0, 0.0, 0.0)

_VERTICAL_GAIN = 6.0  # [1/s]
_VERTICAL_INTEGRAL = 6.0  # [1/s^2]
_HORIZONTAL_GAIN = 2.5  # [1/s]
_POSITION_GAIN = 1.0  # [1/s]
_HOLD_SPEED = 0.5  # [m/s] with which a held robot returns to its place
_LARGEST_INTEGRAL = 0.4  # part of gravity: thrust or mass may be off by so much
_LEVEL = 0.95  # cosine of the tilt from which on a robot counts as level
_SLOW = 0.5  # [m/s]
_PROBE_DEPTH = 0.05  # [m] below the floor where a robot without state must be standing on something
_PROBE_RATE = 0.3  # [m/s^2] growth of its wanted speed of descent until that shows
_LONGEST_STEP = 0.05  # [s]


class Phase(Enum):
    """What the fallback is doing."""

    STOPPED = auto()
    HOLD = auto()
    LEVEL = auto()
    DESCEND = auto()
    RUN_DOWN = auto()
    OPEN_LOOP = auto()


class LandingController:
    """Flies a robot down from any attitude and velocity, with or without a trusted state.

    Velocity control gives a wanted force, attitude control turns the thrust onto it, the mixer
    shares it out, and the motors are hurried by a model of their lag.

    Args:
        config: speeds, times and heights.
        description: the quadrotor.
        motors: the model of its motors, kept up to date by whoever sends commands.
    """

    def __init__(
        self, config: SafetyConfig, description: QuadrotorDescription, motors: MotorModel
    ) -> None:
        self._config = config
        self._description = description
        self._motors = motors
        self._attitude = AttitudeController(description)
        self._mixer = Mixer(description)
        self._touchdown = TouchdownDetector(config, description.gravity)
        self._lean = description.gravity * tan(config.max_lean)
        self._integral = 0.0
        self._since = 0.0
        self._time = 0.0
        self._place: Vector | None = None
        self._probe = 0.0
        self._base = 0.0
        self.phase = Phase.STOPPED

    @property
    def landed(self) -> bool:
        """Whether the motors are stopped for good."""
        return self.phase is Phase.STOPPED

    def stop(self) -> None:
        """Stop the motors at once."""
        self.phase = Phase.STOPPED

    def hold(self, time: float) -> None:
        """Hold the robot at the place it comes to rest at.

        Args:
            time: monotonic time [s].
        """
        if self.phase is not Phase.HOLD:
            self._begin(time, Phase.HOLD)

    def land(self, time: float) -> None:
        """Level and land.

        Args:
            time: monotonic time [s].
        """
        if self.phase in (Phase.STOPPED, Phase.HOLD, Phase.OPEN_LOOP):
            self._begin(time, Phase.LEVEL)

    def control(
        self, time: float, estimate: Estimate | None, trusted: bool, specific_force: Vector | None
    ) -> Thrust:
        """Return the rotor thrusts for now, (4,) [N], within limits.

        Args:
            time: monotonic time [s].
            estimate: where the robot is thought to be; None when no sensor is left.
            trusted: whether a body state supports the estimate.
            specific_force: of the newest inertial sample, (3,) [m/s^2] base_link, or None.
        """
        step = min(_LONGEST_STEP, max(0.0, time - self._time))
        self._time = time
        self._motors.advance(time)
        if self.phase is Phase.STOPPED:
            return STOPPED
        if self.phase is Phase.RUN_DOWN:
            return self._run_down(time)
        if estimate is None:
            return self._fly_open_loop(time)
        if self.phase is Phase.OPEN_LOOP:
            self._begin(time, Phase.LEVEL)
        if self._has_landed(step, estimate, trusted, specific_force):
            self._begin(time, Phase.RUN_DOWN)
            self._base = 0.25 * self._motors.collective
            return self._run_down(time)
        self._change_phase(time, estimate)
        return self._fly(step, estimate, trusted)

    def _begin(self, time: float, phase: Phase) -> None:
        """Enter a phase; a flight that goes on keeps its integral."""
        if time - self._time > _LONGEST_STEP:
            self._integral = 0.0
            self._time = time
        self.phase = phase
        self._since = time
        self._place = None
        self._probe = 0.0
        self._touchdown.clear()

    def _change_phase(self, time: float, estimate: Estimate) -> None:
        """Descend once level and slow, or when that takes too long."""
        if self.phase is not Phase.LEVEL:
            return
        x, y, z = estimate.linear_velocity
        settled = up_axis(estimate.orientation)[2] > _LEVEL and hypot(x, y) < _SLOW
        if (settled and abs(z) < _SLOW) or time - self._since > self._config.level_time:
            self.phase = Phase.DESCEND

    def _has_landed(
        self, step: float, estimate: Estimate, trusted: bool, specific_force: Vector | None
    ) -> bool:
        """Return whether a descent has come to its end."""
        if self.phase is Phase.HOLD:
            return False
        felt = None
        if specific_force is not None:
            x, y, z = specific_force
            felt = (x * x + y * y + z * z) ** 0.5 / self._description.gravity
        lift = self._motors.collective / self._description.weight
        return self._touchdown.check(step, estimate, trusted, lift, felt)

    def _fly(self, step: float, estimate: Estimate, trusted: bool) -> Thrust:
        """Return the thrusts of closed-loop flight."""
        gravity = self._description.gravity
        want_x, want_y, want_z = self._want_velocity(step, estimate, trusted)
        x, y, z = estimate.linear_velocity
        error = want_z - z
        limit = _LARGEST_INTEGRAL * gravity
        self._integral = min(limit, max(-limit, self._integral + _VERTICAL_INTEGRAL * error * step))
        up = max(-0.6 * gravity, _VERTICAL_GAIN * error + self._integral)
        x = _HORIZONTAL_GAIN * (want_x - x)
        y = _HORIZONTAL_GAIN * (want_y - y)
        sideways = hypot(x, y)
        lean = self._lean * (1.0 + min(0.0, up) / gravity)
        if sideways > lean:
            x *= lean / sideways
            y *= lean / sideways
        mass = self._description.mass
        collective, torque = self._attitude.control(
            estimate.orientation,
            estimate.angular_velocity,
            (mass * x, mass * y, mass * (gravity + up)),
        )
        return self._motors.hurry(self._mixer.allocate(collective, torque))

    def _want_velocity(self, step: float, estimate: Estimate, trusted: bool) -> Vector:
        """Return the wanted velocity, (3,) [m/s] map."""
        if self.phase is Phase.LEVEL:
            return 0.0, 0.0, 0.0
        if self.phase is Phase.HOLD:
            return self._want_return(estimate)
        config = self._config
        height = estimate.position[2] - config.floor_height
        speed = config.descent_speed + 0.5 * max(0.0, height - config.approach_height)
        if not trusted and height < -_PROBE_DEPTH:
            self._probe += _PROBE_RATE * step
        return 0.0, 0.0, -min(speed, config.descent_speed_high) - self._probe

    def _want_return(self, estimate: Estimate) -> Vector:
        """Return the velocity towards the place to hold, which is where the robot came to rest."""
        x, y, z = estimate.linear_velocity
        if self._place is None:
            if (x * x + y * y + z * z) ** 0.5 > _SLOW:
                return 0.0, 0.0, 0.0
            self._place = estimate.position
        a, b, c = (
            min(_HOLD_SPEED, max(-_HOLD_SPEED, _POSITION_GAIN * (place - position)))
            for place, position in zip(self._place, estimate.position, strict=True)
        )
        return a, b, c

    def _fly_open_loop(self, time: float) -> Thrust:
        """Return equal thrusts a little below hover, then none: nothing can be saved blindly."""
        if self.phase is not Phase.OPEN_LOOP:
            self._begin(time, Phase.OPEN_LOOP)
        if time - self._since >= self._config.open_loop_time:
            self.phase = Phase.STOPPED
            return STOPPED
        thrust = 0.9 * self._description.hover_rotor_thrust
        return thrust, thrust, thrust, thrust

    def _run_down(self, time: float) -> Thrust:
        """Return falling equal thrusts, then none."""
        ramp = self._config.ramp_time
        rest = 1.0 - (time - self._since) / ramp if ramp > 0.0 else 0.0
        if rest <= 0.0:
            self.phase = Phase.STOPPED
            return STOPPED
        thrust = self._base * rest
        return thrust, thrust, thrust, thrust
