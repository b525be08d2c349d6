"""What a quadrotor policy's network sees, computed from the robot's SI tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.models.observer import DisturbanceObserver, ObserverConfig
from untether_training.models.rotor_lag import RotorLagConfig, RotorLagEstimator


@dataclass(frozen=True)
class FeaturesConfig:
    """Scales and limits of the features; each scale brings a quantity to the order of one.

    Attributes:
        goal_velocity: Whether the goal moves, and its velocity is an input.
        position_limit: Longest goal error that the network sees [m]; farther looks like this far.
        position_scale: [m].
        height_limit: Height above the floor, at z = 0, up to which the network sees it [m]; in the
            air it is the same everywhere.
        velocity_scale: [m/s].
        velocity_limit: Largest component of a velocity that the network sees [m/s].
        angular_velocity_scale: [rad/s].
        angular_velocity_limit: [rad/s].
        disturbance_scale: [m/s^2].
        angular_disturbance_scale: [rad/s^2].
        command_scales: What the rotors do about hover: acceleration [m/s^2] along base_link's z
            axis, and angular acceleration [rad/s^2] about its x, y and z axes.
        observer: How disturbances are estimated.
        rotor_lag: How slow rotors are told from quick ones.
    """

    goal_velocity: bool = False
    position_limit: float = 1.0
    position_scale: float = 0.5
    height_limit: float = 0.4
    velocity_scale: float = 1.0
    velocity_limit: float = 5.0
    angular_velocity_scale: float = 5.0
    angular_velocity_limit: float = 25.0
    disturbance_scale: float = 2.0
    angular_disturbance_scale: float = 20.0
    command_scales: tuple[float, float, float, float] = (5.0, 50.0, 50.0, 10.0)
    observer: ObserverConfig = field(default_factory=ObserverConfig)
    rotor_lag: RotorLagConfig = field(default_factory=RotorLagConfig)


class QuadrotorFeatures(nn.Module):
    """Computes the features, all in base_link, so that no heading is special.

    Goal error, velocity and disturbance are turned into the body's frame by the transposed rotation
    matrix, whose third row is the direction of up.

    Args:
        description: The nominal robot.
        config: Scales and limits.
    """

    def __init__(self, description: QuadrotorDescription, config: FeaturesConfig) -> None:
        super().__init__()
        self.config = config
        self.hover = description.hover_rotor_thrust / description.max_rotor_thrust
        self.observer = DisturbanceObserver(description, config.observer)
        self.rotor_lag = RotorLagEstimator(
            self.observer.effect[:, 1:3], config.observer.period, config.rotor_lag
        )
        scales = [config.position_scale, config.velocity_scale, config.disturbance_scale]
        scales += [config.velocity_scale] * config.goal_velocity
        inverse = 1.0 / torch.tensor(scales)
        effect = self.observer.effect / torch.tensor(config.command_scales)
        self.register_buffer("command_map", effect, persistent=False)
        self.register_buffer("rotation_map", _quadratic_rotation_map(), persistent=False)
        self.register_buffer("inverse_scales", inverse[:, None], persistent=False)
        self.command_map: Tensor  # (4, 4) [1]
        self.rotation_map: Tensor  # (16, 9) [1]
        self.inverse_scales: Tensor  # (3 or 4, 1)

    @property
    def size(self) -> int:
        """Number of features."""
        return 3 * len(self.inverse_scales) + 3 + 3 + 3 + 4 + 4 + 4 + 1 + 1

    @property
    def initial_carry(self) -> dict[str, tuple[float, ...]]:
        """What is carried from tick to tick, and its value before the first."""
        return {
            "previous_command": (self.hover,) * 4,
            **self.observer.initial_carry,
            **self.rotor_lag.initial_carry,
        }

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        carry: Mapping[str, Tensor],
        rotation: Tensor | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the features, and the next carry but for `previous_command`.

        Args:
            inputs: `position` (N, 3) [m] map; `orientation` (N, 4) [1] xyzw, base_link to map;
                `linear_velocity` (N, 3) [m/s] map; `angular_velocity` (N, 3) [rad/s] base_link;
                `goal_position` (N, 3) [m] map; `goal_velocity` (N, 3) [m/s] map if configured.
            carry: `previous_command` (N, 4) [1], thrusts over the largest, the observer's and the
                estimator's.
            rotation: (N, 3, 3) [1], what `rotation` returns, for who has it already.

        Returns:
            Features (N, size) [1], and the carry.
        """
        config = self.config
        velocity = inputs["linear_velocity"]
        if rotation is None:
            rotation = self.rotation(inputs["orientation"])
        rate = inputs["angular_velocity"]
        measured = torch.cat((velocity, rate), dim=1)  # (N, 6) [m/s] map, [rad/s] base_link
        disturbance = self.observer.estimate(measured, carry)  # (N, 6)
        following = self.observer.predict(measured, rotation[:, :, 2], disturbance, carry)
        slowness, tilting = self.rotor_lag(rate, carry)  # (N, 1) [1]
        following |= tilting
        error = limit_norm(inputs["goal_position"] - inputs["position"], config.position_limit)
        vectors = [error, velocity, disturbance[:, :3]]
        if config.goal_velocity:
            vectors[1] = velocity - inputs["goal_velocity"]
            vectors.append(inputs["goal_velocity"])
        in_map = torch.stack(vectors, dim=1) * self.inverse_scales  # (N, 3 or 4, 3) [1] map
        limit = config.velocity_limit / config.velocity_scale
        in_body = (in_map @ rotation).clamp(-limit, limit)  # (N, 3 or 4, 3) [1] base_link
        limit = config.angular_velocity_limit
        rate = rate.clamp(-limit, limit) / config.angular_velocity_scale
        torque = disturbance[:, 3:] / config.angular_disturbance_scale
        # What the rotors were told last, and what quick ones and slow ones do by now.
        thrusts = (carry["previous_command"], following["reached_thrust"], following["slow_thrust"])
        thrust = torch.stack(thrusts, dim=1)
        effect = (thrust - self.hover) @ self.command_map  # (N, 3, 4) [1]
        height = inputs["position"][:, 2:].clamp(0.0, config.height_limit) / config.height_limit
        up = rotation[:, 2]  # (N, 3) [1] base_link
        parts = (in_body.flatten(1), up, rate, torque, effect.flatten(1), slowness, height)
        seen = torch.cat(parts, dim=1)
        return seen, following

    def rotation(self, orientation: Tensor) -> Tensor:
        """Return rotation matrices, base_link to map.

        Args:
            orientation: (N, 4) [1] xyzw, of any length but zero.

        Returns:
            (N, 3, 3) [1].
        """
        square = orientation.square().sum(1, keepdim=True)
        products = orientation.unsqueeze(2) * (orientation / square).unsqueeze(1)  # (N, 4, 4)
        return (products.flatten(1) @ self.rotation_map).unflatten(1, (3, 3))


def limit_norm(vector: Tensor, limit: float) -> Tensor:
    """Shorten vectors (N, k) to at most `limit`, in the vectors' unit."""
    norm = vector.square().sum(1, keepdim=True).sqrt()
    return vector * (limit / norm.clamp(min=limit))


def _quadratic_rotation_map() -> Tensor:
    """Return the (16, 9) map from the products q_i q_j of x, y, z, w to the rotation matrix."""
    x, y, z, w = range(4)
    entries = (
        ((x, x, 1), (y, y, -1), (z, z, -1), (w, w, 1)),
        ((x, y, 2), (w, z, -2)),
        ((x, z, 2), (w, y, 2)),
        ((x, y, 2), (w, z, 2)),
        ((x, x, -1), (y, y, 1), (z, z, -1), (w, w, 1)),
        ((y, z, 2), (w, x, -2)),
        ((x, z, 2), (w, y, -2)),
        ((y, z, 2), (w, x, 2)),
        ((x, x, -1), (y, y, -1), (z, z, 1), (w, w, 1)),
    )
    matrix = torch.zeros(16, 9)
    for column, terms in enumerate(entries):
        for first, second, factor in terms:
            matrix[4 * first + second, column] = factor
    return matrix
