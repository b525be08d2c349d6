"""Limits and times of the arm's safety stage, each with unit, range and meaning."""

from dataclasses import dataclass

from untether_hardware.safety.setting import find_out_of_order, find_out_of_range, setting

_ORDER = (
    ("soft_force", "hard_force"),
    ("soft_torque", "hard_torque"),
    ("return_speed", "linear_speed"),
    ("angular_return_speed", "angular_speed"),
    ("command_late", "command_timeout"),
    ("stall_warning", "stall_timeout"),
)


@dataclass(frozen=True)
class ArmSafetyConfig:
    """Configuration of the arm's safety stage; valid by construction.

    Raises:
        ValueError: with one line per wrong field: expected, got and fix.
    """

    rate: float = setting(10.0, "Hz", 1, 100, "control rate of policies; a twist holds one period")

    # Commands
    linear_speed: float = setting(0.45, "m/s", 0.001, 2, "largest speed of the tool; clamped")
    angular_speed: float = setting(
        1.1, "rad/s", 0.001, 5, "largest angular speed of the tool; clamped"
    )
    return_speed: float = setting(
        0.1, "m/s", 0, 2, "speed at which a tool outside of the workspace comes back"
    )
    angular_return_speed: float = setting(
        0.5, "rad/s", 0, 5, "angular speed at which a tool tilted too far comes back"
    )
    blend_time: float = setting(
        0.3, "s", 0, 5, "time over which a new commander's velocities come in"
    )
    command_late: float = setting(
        0.15, "s", 0.01, 5, "time without a policy's command after which the arm holds"
    )
    command_timeout: float = setting(
        0.35, "s", 0.01, 5, "time without a policy's command that trips"
    )
    start_timeout: float = setting(
        2.0, "s", 0.05, 30, "time that a policy has for its first command"
    )
    operator_timeout: float = setting(
        0.15, "s", 0.02, 1, "time without an operator's command after which control is handed back"
    )
    command_max_age: float = setting(
        0.2, "s", 0.01, 2, "age of the state that a command may answer at most"
    )

    # States
    state_timeout: float = setting(0.1, "s", 0.005, 1, "time without a fresh state that trips")
    state_max_age: float = setting(
        0.05, "s", 0.005, 1, "age on receipt from which on a state does not count as fresh"
    )
    frozen_count: int = setting(10, "1", 2, 1000, "states in a row, equal to the bit, that trip")
    joint_margin: float = setting(
        0.05, "rad", 0, 0.5, "distance to its limit at which a joint is stopped"
    )
    joint_horizon: float = setting(
        0.2, "s", 0.01, 2, "time that a joint would take to that distance, from which on it slows"
    )
    joint_speed_share: float = setting(
        0.8, "1", 0.05, 1, "largest speed of a joint, part of what the arm can; clamped"
    )
    joint_trip: float = setting(0.02, "rad", 0, 0.5, "distance to its limit at which a joint trips")

    # Contact
    soft_force: float = setting(
        30.0, "N", 1, 200, "force on the tool beyond which nothing pushes further"
    )
    hard_force: float = setting(100.0, "N", 1, 300, "force on the tool that trips")
    soft_torque: float = setting(
        6.0, "N m", 0.1, 50, "torque on the tool beyond which nothing turns further"
    )
    hard_torque: float = setting(15.0, "N m", 0.1, 80, "torque on the tool that trips")
    contact_count: int = setting(3, "1", 1, 100, "states in a row beyond a hard limit that trip")

    # Policies
    envelope_margin: float = setting(
        1.0, "1", 0, 100, "how far beyond the contract's envelope, in its half-widths"
    )
    envelope_count: int = setting(
        30, "1", 1, 1000, "states outside the envelope in a row that trip"
    )

    # Loop
    stall_warning: float = setting(
        0.06, "s", 0.005, 1, "gap between two calls that is reported, and not held against others"
    )
    stall_timeout: float = setting(0.25, "s", 0.01, 10, "gap between two calls that trips")
    hold_period: float = setting(
        0.05, "s", 0.005, 1, "time between two setpoints of an arm that is held"
    )

    # Arming
    rest_speed: float = setting(
        0.1, "rad/s", 0.001, 1, "joint speed below which the arm counts as at rest"
    )

    def __post_init__(self) -> None:
        problems = [*find_out_of_range(self), *find_out_of_order(self, _ORDER)]
        if problems:
            raise ValueError("\n".join(problems))

    @property
    def period(self) -> float:
        """Control period of policies [s]."""
        return 1.0 / self.rate
