"""Limits and times of the safety stage, each with unit, range and meaning beside its default."""

from dataclasses import dataclass

from untether_hardware.safety.setting import find_out_of_order, find_out_of_range, setting

_ORDER = (
    ("command_late", "command_timeout"),
    ("excess_count", "excess_window"),
    ("envelope_count", "envelope_window"),
    ("stall_warning", "stall_timeout"),
    ("descent_speed", "descent_speed_high"),
    ("limit_tolerance", "gross_excess"),
)


@dataclass(frozen=True)
class SafetyConfig:
    """Configuration of the safety stage; valid by construction.

    Unit, range and meaning of each field stand beside its default; :func:`list_settings` returns
    them. The defaults are for a Crazyflie at 100 Hz: from any onset to the first command of the
    fallback in less than 100 ms.

    Raises:
        ValueError: with one line per wrong field: expected, got and fix.
    """

    rate: float = setting(100.0, "Hz", 10, 1000, "control rate of robot and policies")

    # Commands
    command_timeout: float = setting(
        0.07, "s", 0.01, 1, "time without a fresh command after which the fallback takes over"
    )
    command_late: float = setting(
        0.03, "s", 0.005, 1, "time without a fresh command after which the robot is kept level"
    )
    command_max_age: float = setting(
        0.05, "s", 0.01, 1, "age of the sample that a command may answer at most"
    )
    start_timeout: float = setting(
        1.0, "s", 0.05, 10, "time that a commander has for its first command"
    )
    limit_tolerance: float = setting(
        0.01, "1", 0, 1, "excess over a limit that is clamped without counting, part of the range"
    )
    gross_excess: float = setting(
        0.5, "1", 0.01, 100, "excess over a limit that counts as gross, part of the range"
    )
    gross_count: int = setting(2, "1", 1, 60, "successive gross excesses that trip")
    excess_count: int = setting(5, "1", 1, 60, "excesses among excess_window commands that trip")
    excess_window: int = setting(8, "1", 1, 60, "commands among which excesses are counted")
    slew_time: float = setting(
        0.015, "s", 0, 1, "least time for a rotor's command to cross its whole range; clamped"
    )
    blend_time: float = setting(
        0.15, "s", 0, 2, "time over which a new commander takes over from the last safe command"
    )

    # Sensors
    state_timeout: float = setting(
        0.07, "s", 0.01, 1, "time without a fresh body state after which the fallback takes over"
    )
    state_max_age: float = setting(
        0.05, "s", 0.005, 1, "age on receipt from which on a body state does not count as fresh"
    )
    imu_timeout: float = setting(
        0.05, "s", 0.005, 1, "time without an inertial sample after which it is not used"
    )
    frozen_count: int = setting(5, "1", 2, 100, "identical body states in a row that trip")
    frozen_distance: float = setting(
        0.05,
        "m",
        0.001,
        10,
        "distance that a moving robot may cover by its velocity, pose unchanged",
    )
    recovery_count: int = setting(
        20, "1", 1, 1000, "good body states in a row after which a lost sensor is trusted again"
    )

    # Motion
    tilt_limit: float = setting(1.2, "rad", 0.2, 3.2, "largest tilt of a robot in flight")
    tilt_lookahead: float = setting(
        0.07, "s", 0, 0.5, "time over which the angular velocity predicts the tilt"
    )
    tilt_count: int = setting(2, "1", 1, 60, "successive states beyond the tilt limit that trip")
    envelope_margin: float = setting(
        0.5, "1", 0, 100, "how far beyond the contract's envelope, part of its half-width"
    )
    envelope_count: int = setting(
        5, "1", 1, 60, "states outside the envelope, among envelope_window, that trip"
    )
    envelope_window: int = setting(8, "1", 1, 60, "states among which those are counted")
    floor_height: float = setting(0.0, "m", -100, 100, "height of the floor in map")
    floor_clearance: float = setting(
        0.08, "m", 0, 1, "height of the robot's centre above the floor that a stop must leave"
    )
    floor_reaction: float = setting(
        0.1, "s", 0, 1, "time from the decision to brake until the rotors give full thrust"
    )
    floor_thrust: float = setting(
        0.9, "1", 0.5, 1, "part of the described largest thrust that braking counts on"
    )

    # Loop
    stall_warning: float = setting(
        0.03, "s", 0.005, 1, "gap between two calls that is reported, and not held against others"
    )
    stall_timeout: float = setting(0.1, "s", 0.01, 10, "gap between two calls that trips")

    # Fallback
    descent_speed: float = setting(0.4, "m/s", 0.05, 0.8, "speed of descent near the floor")
    descent_speed_high: float = setting(
        0.7, "m/s", 0.05, 3, "speed of descent high above the floor"
    )
    approach_height: float = setting(
        0.8, "m", 0, 10, "height above the floor below which the descent is slow"
    )
    level_time: float = setting(
        1.0, "s", 0, 10, "time to become level and slow before the descent begins, at most"
    )
    hold_time: float = setting(
        10.0, "s", 0, 600, "time that STANDBY holds a robot in the air before it lands"
    )
    max_lean: float = setting(0.45, "rad", 0.05, 1, "largest tilt that the fallback asks for")
    ramp_time: float = setting(
        0.3, "s", 0, 5, "time over which the motors run down after touchdown"
    )
    open_loop_time: float = setting(
        0.4, "s", 0, 5, "time of equal thrusts before the motors stop when no sensor is left"
    )
    touchdown_height: float = setting(
        0.06, "m", 0.001, 1, "height of the robot's centre below which it may stand on the floor"
    )

    # Arming
    rest_speed: float = setting(0.2, "m/s", 0.01, 2, "speed below which a robot counts as at rest")
    rest_rate: float = setting(
        0.5, "rad/s", 0.01, 5, "angular speed below which a robot counts as at rest"
    )
    rest_tilt: float = setting(0.26, "rad", 0.01, 1, "tilt below which a robot counts as upright")

    def __post_init__(self) -> None:
        problems = [*find_out_of_range(self), *find_out_of_order(self, _ORDER)]
        if problems:
            raise ValueError("\n".join(problems))

    @property
    def period(self) -> float:
        """Control period [s]."""
        return 1.0 / self.rate
