"""An observer of the accelerations that a quadrotor's nominal model does not explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.crazyflie.mixer import mixer_matrix


@dataclass(frozen=True)
class ObserverConfig:
    """Parameters of the observer.

    Attributes:
        linear_bandwidth: How fast the estimate of the linear acceleration follows [1/s].
        angular_bandwidth: How fast that of the angular acceleration follows [1/s].
        linear_limit: Largest component of the linear estimate [m/s^2].
        angular_limit: Largest component of the angular estimate [rad/s^2].
        actuation_time: Time constant from the previous command to its thrust [s]; stands for the
            motors and the latency.
        period: Time between two ticks [s].
    """

    linear_bandwidth: float = 3.0
    angular_bandwidth: float = 3.0
    linear_limit: float = 5.0
    angular_limit: float = 50.0
    actuation_time: float = 0.045
    period: float = 0.01


class DisturbanceObserver(nn.Module):
    """Tells another mass, uneven rotors, wind and drag from how the velocities evolve.

    Velocities are predicted from the commanded thrusts of a nominal robot plus the estimate. The
    estimate is the difference between measured and predicted velocity times a bandwidth, which is
    the true disturbance, low-passed (a momentum observer: De Luca and Mattone 2005).

    Its carry:
        `predicted_velocity`: (N, 6) [m/s] map and [rad/s] base_link; linear, then angular.
        `observing`: (N, 1) [1]; 0 at the first tick, when nothing is predicted yet, then 1.
        `reached_thrust`: (N, 4) [1]; what the rotors give by now, over the largest.

    Args:
        description: The nominal robot.
        config: Parameters.
    """

    def __init__(self, description: QuadrotorDescription, config: ObserverConfig) -> None:
        super().__init__()
        self.config = config
        self.blend = config.period / (config.actuation_time + config.period)  # [1]
        mixer = torch.as_tensor(mixer_matrix(description), dtype=torch.float32)
        inertia = torch.tensor([description.mass, *description.inertia])
        effect = (mixer * description.max_rotor_thrust / inertia[:, None]).T
        bandwidth = [config.linear_bandwidth] * 3 + [config.angular_bandwidth] * 3
        limit = [config.linear_limit] * 3 + [config.angular_limit] * 3
        gravity = [0.0, 0.0, -description.gravity]
        self.register_buffer("effect", effect.contiguous(), persistent=False)
        self.register_buffer("bandwidth", torch.tensor([bandwidth]), persistent=False)
        self.register_buffer("limit", torch.tensor([limit]), persistent=False)
        self.register_buffer("gravity", torch.tensor([gravity]), persistent=False)
        self.effect: Tensor  # (4, 4) rotors to [m/s^2] along up and [rad/s^2] base_link
        self.bandwidth: Tensor  # (1, 6) [1/s]
        self.limit: Tensor  # (1, 6) [m/s^2], [rad/s^2]
        self.gravity: Tensor  # (1, 3) [m/s^2] map

    @property
    def initial_carry(self) -> dict[str, tuple[float, ...]]:
        """The carry before the first tick; any thrust does, as it is soon forgotten."""
        return {
            "predicted_velocity": (0.0,) * 6,
            "observing": (0.0,),
            "reached_thrust": (0.5,) * 4,
        }

    def estimate(self, velocity: Tensor, carry: Mapping[str, Tensor]) -> Tensor:
        """Return the unexplained accelerations, (N, 6) [m/s^2] map, [rad/s^2] base_link.

        Args:
            velocity: (N, 6) [m/s] map, [rad/s] base_link; measured.
            carry: As the class says.
        """
        surprise = (velocity - carry["predicted_velocity"]) * carry["observing"]
        return torch.clamp(surprise * self.bandwidth, -self.limit, self.limit)

    def predict(
        self, velocity: Tensor, up: Tensor, estimate: Tensor, carry: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the observer's carry for the next tick.

        Args:
            velocity: (N, 6) [m/s] map, [rad/s] base_link; measured.
            up: (N, 3) [1] map; direction of base_link's z axis.
            estimate: (N, 6); what `estimate` returned.
            carry: As the class says, and `previous_command` (N, 4) [1].
        """
        thrust = torch.lerp(carry["reached_thrust"], carry["previous_command"], self.blend)
        effect = thrust @ self.effect  # (N, 4): acceleration along up, angular acceleration
        explained = torch.cat((up * effect[:, :1] + self.gravity, effect[:, 1:]), dim=1)
        # Measured and expected velocity then differ by what the limited estimate stands for.
        expected = velocity - estimate / self.bandwidth
        return {
            "predicted_velocity": expected + self.config.period * (explained + estimate),
            "observing": (carry["observing"] + 1.0).clamp(max=1.0),
            "reached_thrust": thrust,
        }
