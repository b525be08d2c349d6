"""The conditions under which a bundle is flown in the deployment simulator."""

from dataclasses import dataclass

from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig

TRAINING_TARGET = 0.99  # success rate in the simulator that it was trained in
TRANSFER_TARGET = 0.98  # success rate in the deployment simulator
IDENTIFIED_MOTORS = (0.136, 0.126)  # [s] speeding up, slowing down; cf2x_L250 of drone-models 0.1.0


@dataclass(frozen=True)
class Condition:
    """How the simulated robot differs from its description.

    Attributes:
        name: As it stands in figures.
        title: As it stands in tables.
        mass_scales: True mass over described mass; flights take them in turn.
        extra_latency: Additional time from a command to its effect [s].
        motor_time_constants: Of speeding up and of slowing down [s].
        target: Success rate to reach, or None when the row is only reported.
    """

    name: str
    title: str
    mass_scales: tuple[float, ...] = (1.0,)
    extra_latency: float = 0.0
    motor_time_constants: tuple[float, float] = SimulatedCrazyflieConfig.motor_time_constants
    target: float | None = TRANSFER_TARGET


CONDITIONS = (
    Condition("nominal", "nominal"),
    Condition("mass_plus_15", "mass +15 %", mass_scales=(1.15,)),
    Condition("mass_minus_15", "mass -15 %", mass_scales=(0.85,)),
    Condition("latency_plus_10ms", "+10 ms latency", extra_latency=0.010),
    Condition(
        "stress",
        "mass ±15 %, +10 ms",
        mass_scales=(1.15, 0.85),
        extra_latency=0.010,
        target=None,
    ),
    Condition(
        "identified_motors",
        "motor lag 0.136 s",
        motor_time_constants=IDENTIFIED_MOTORS,
        target=None,
    ),
)
"""The conditions of an evaluation, in the order of its table."""
