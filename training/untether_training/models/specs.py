"""The Crazyflie's tensors, as bundles describe them."""

from __future__ import annotations

from collections.abc import Mapping

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_policies.contract import CarrySpec, TensorSpec
from untether_training.models.features import FeaturesConfig

STATE_MAX_AGE = 0.1  # [s]; ten control periods, beyond which nothing was trained
_AXES = ("x", "y", "z")


def input_specs(features: FeaturesConfig) -> tuple[TensorSpec, ...]:
    """Return what a quadrotor policy takes, in the order of the exported graph's inputs."""
    specs = (
        TensorSpec(
            "position", "state/body/position", _AXES, (3,), "m", "map", max_age=STATE_MAX_AGE
        ),
        TensorSpec(
            "orientation",
            "state/body/rotation",
            (*_AXES, "w"),
            (4,),
            "1",
            "map",
            max_age=STATE_MAX_AGE,
            quaternion_order="xyzw",
        ),
        TensorSpec(
            "linear_velocity",
            "state/body/linear_velocity",
            _AXES,
            (3,),
            "m/s",
            "map",
            max_age=STATE_MAX_AGE,
        ),
        TensorSpec(
            "angular_velocity",
            "state/body/angular_velocity",
            _AXES,
            (3,),
            "rad/s",
            "base_link",
            max_age=STATE_MAX_AGE,
        ),
        TensorSpec("goal_position", "command/body/position", _AXES, (3,), "m", "map"),
    )
    if not features.goal_velocity:
        return specs
    velocity = "command/body/linear_velocity"
    return (*specs, TensorSpec("goal_velocity", velocity, _AXES, (3,), "m/s", "map"))


def output_specs(description: QuadrotorDescription) -> tuple[TensorSpec, ...]:
    """Return what a quadrotor policy commands."""
    return (
        TensorSpec(
            "rotor_thrust",
            "command/rotor/thrust",
            description.rotor_names,
            (4,),
            "N",
            "base_link",
            lower=(0.0,) * 4,
            upper=(description.max_rotor_thrust,) * 4,
        ),
    )


def carry_specs(initial: Mapping[str, tuple[float, ...]]) -> tuple[CarrySpec, ...]:
    """Return what a quadrotor policy hands to its next tick, with these initial values."""
    return tuple(CarrySpec(name, (len(value),), value) for name, value in initial.items())
