"""What can be configured of the simulated Crazyflie."""

import math
from dataclasses import dataclass, field

from untether_hardware.crazyflie.description import Vector3
from untether_hardware.crazyflie.sensors import SensorNoise

_TIME_TOLERANCE = 1e-9  # [s]


@dataclass(frozen=True)
class SimulatedCrazyflieConfig:
    """How the simulated Crazyflie differs from its description, and what disturbs it.

    Attributes:
        control_period: Time that one command holds [s].
        timestep: Physics step [s]; a whole number of them makes a control period.
        odometry_latency: Age of the odometry when it is read [s]; a multiple of ``timestep``.
        command_latency: Time from a command to its effect on the motors [s]; likewise.
        extra_latency: Added to ``command_latency`` [s]; likewise.
        mass_scale: True mass over the described mass [1].
        inertia_scale: True inertia over the described inertia, beyond ``mass_scale`` [1].
        thrust_scale: True thrust over the commanded thrust [1]; a sagging battery is below one.
        motor_time_constants: Of speeding up and of slowing down [s]. Speeding up as in Huang et al.
            2023 (arXiv 2309.13285), whose policies flew the real robot; slowing down takes a third
            longer, as nothing brakes the rotors but the air. Identified values scatter: Förster
            2015 has 0.065 s (pole 0.9695 at 500 Hz), Eschmann et al. 2024 (arXiv 2404.07837) more.
        max_rotor_speed: Rotor speed at the largest thrust [rad/s]: 1.28192e-8 N s^2/rad^2 (Förster
            2015) at 0.1305 N.
        rotor_inertia: Inertia of one rotor [kg m^2]; ``cf2x_P250`` of drone-models 0.1.0.
        drag: Linear drag along x, y, z, (3,) [N s/m] map. Förster 2015: 9.18e-7 and 10.31e-7
            kg/rad times the sum of the rotor speeds, here taken in hover, 9265 rad/s.
        ground_effect: Whether rotors gain thrust near the floor.
        wind: Mean wind velocity, (3,) [m/s] map.
        gust: Standard deviation of the wind about its mean, each axis [m/s].
        gust_time_constant: Correlation time of the gusts [s].
        noise: Noise of the sensors, or None for perfect ones.
        position: Where the robot stands at first, (3,) [m] map.
    """

    control_period: float = 0.01
    timestep: float = 0.002
    odometry_latency: float = 0.004
    command_latency: float = 0.004
    extra_latency: float = 0.0
    mass_scale: float = 1.0
    inertia_scale: float = 1.0
    thrust_scale: float = 1.0
    motor_time_constants: tuple[float, float] = (0.0375, 0.05)
    max_rotor_speed: float = 3190.0
    rotor_inertia: float = 2.7e-8
    drag: Vector3 = (0.0085, 0.0085, 0.0096)
    ground_effect: bool = True
    wind: Vector3 = (0.0, 0.0, 0.0)
    gust: float = 0.0
    gust_time_constant: float = 1.0
    noise: SensorNoise | None = field(default_factory=SensorNoise)
    position: Vector3 = (0.0, 0.0, 0.02)

    def __post_init__(self) -> None:
        for name in ("control_period", "timestep", "mass_scale", "inertia_scale", "thrust_scale",
                     "gust_time_constant"):  # fmt: skip
            self._require(name, getattr(self, name) > 0, "a positive number")
        self._require(
            "motor_time_constants", min(self.motor_time_constants) > 0, "two positive times [s]"
        )
        for name in ("odometry_latency", "command_latency", "extra_latency", "control_period"):
            value = getattr(self, name)
            expected = f"a multiple of the timestep, {self.timestep} s, and not negative"
            self._require(name, self._is_whole(value) and value >= 0, expected)

    @property
    def substeps(self) -> int:
        """Physics steps in a control period."""
        return self.count_steps(self.control_period)

    def count_steps(self, duration: float) -> int:
        """Return how many physics steps a duration [s] takes."""
        return round(duration / self.timestep)

    def _is_whole(self, duration: float) -> bool:
        steps = duration / self.timestep
        return math.isfinite(steps) and abs(steps - round(steps)) * self.timestep < _TIME_TOLERANCE

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ValueError(
                f"SimulatedCrazyflieConfig.{name}: expected {expected}, got "
                f"{getattr(self, name)!r}. Fix: change it where the simulator is configured."
            )
