"""Does the robot fly or rest? The stage must know when to land and when to let the motors stand."""

from math import acos, sqrt

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.rotation import up_axis
from untether_hardware.state import BodyState

_LIFT_OFF = 0.05  # [m] from the height at arming
_LIFT_OFF_SPEED = 0.3  # [m/s]
_CARRYING = 0.98  # thrust over weight with which a robot may leave the ground any moment
_WEAK = 0.5  # thrust over weight with which no robot flies
_SETTLED = 0.3  # [s]


class RestDetector:
    """Follows whether the robot flies.

    A robot that is armed rests, at whatever height: on a table it must not start its motors to
    "hold" itself. It flies once a commander has lifted it, and rests again once it has landed.

    Args:
        config: floor and touchdown heights, speeds and tilt of a robot at rest.
        description: the robot.
    """

    def __init__(self, config: SafetyConfig, description: QuadrotorDescription) -> None:
        self._config = config
        self._weight = description.weight
        self._ground = 0.0
        self._resting_since: float | None = None
        self.airborne = False
        """Whether the robot flies."""

    def land(self, state: BodyState | None) -> None:
        """Note that the robot stands on something."""
        self.airborne = False
        self._resting_since = None
        if state is not None:
            self._ground = state.position[2]

    def observe_thrust(self, thrust: float) -> None:
        """Note the thrust of all rotors that a commander has just asked for [N]."""
        if thrust > _CARRYING * self._weight:
            self.airborne = True

    def observe(self, time: float, state: BodyState, thrust: float) -> None:
        """Take in a good state while a commander flies the robot.

        Args:
            time: monotonic time [s].
            state: the state.
            thrust: of all rotors now [N].
        """
        x, y, z = state.linear_velocity
        squared = x * x + y * y + z * z
        height = state.position[2]
        if not self.airborne:
            lifted = abs(height - self._ground) > _LIFT_OFF
            self.airborne = lifted or squared > _LIFT_OFF_SPEED * _LIFT_OFF_SPEED
            return
        still = squared < self._config.rest_speed * self._config.rest_speed
        low = height < self._config.floor_height + self._config.touchdown_height
        if not (still and low and thrust < _WEAK * self._weight):
            self._resting_since = None
        elif self._resting_since is None:
            self._resting_since = time
        elif time - self._resting_since > _SETTLED:
            self.land(state)

    def moves(self, state: BodyState | None) -> bool:
        """Return whether a state is that of a moving robot."""
        if state is None:
            return False
        x, y, z = state.linear_velocity
        return sqrt(x * x + y * y + z * z) > self._config.rest_speed

    def find_unrest(self, state: BodyState) -> str | None:
        """Return why a robot is not upright and at rest, or None when it is."""
        config = self._config
        tilt = acos(max(-1.0, min(1.0, up_axis(state.orientation)[2])))
        if tilt > config.rest_tilt:
            return (
                f"expected a tilt below {config.rest_tilt:.2f} rad, got {tilt:.2f} rad; put the "
                "robot upright"
            )
        for name, vector, limit, unit in (
            ("speed", state.linear_velocity, config.rest_speed, "m/s"),
            ("angular speed", state.angular_velocity, config.rest_rate, "rad/s"),
        ):
            x, y, z = vector
            size = sqrt(x * x + y * y + z * z)
            if size > limit:
                return (
                    f"expected a {name} below {limit:.2f} {unit}, got {size:.2f} {unit}; let the "
                    "robot come to rest"
                )
        return None
