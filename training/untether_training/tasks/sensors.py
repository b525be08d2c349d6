"""Noisy measurement of a batch of quadrotors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from untether_training.dynamics.quadrotor import normalise
from untether_training.dynamics.state import QuadrotorState


@dataclass(frozen=True)
class SensorNoiseConfig:
    """Standard deviations of the noise on each component of the measured state.

    Attributes:
        position: [m]; 5 mm in Huang et al. 2023.
        orientation: Rotation about each axis [rad].
        linear_velocity: [m/s].
        angular_velocity: [rad/s].
    """

    position: float = 0.005
    orientation: float = 0.008
    linear_velocity: float = 0.02
    angular_velocity: float = 0.05


class NoisySensors:
    """Measures states with white noise.

    Args:
        config: Amplitudes of the noise.
        device: Where the states live.
    """

    def __init__(self, config: SensorNoiseConfig, device: torch.device | str = "cpu") -> None:
        deviations = (
            [config.position] * 3
            + [0.5 * config.orientation] * 4  # half a rotation's angle is in the quaternion
            + [config.linear_velocity] * 3
            + [config.angular_velocity] * 3
        )
        self._deviations = torch.tensor(deviations, device=device)[:, None]  # (13, 1)

    def measure(self, state: QuadrotorState, generator: torch.Generator) -> dict[str, Tensor]:
        """Return one measurement of N drones, as the policy's inputs.

        Returns:
            `position` (N, 3) [m] map; `orientation` (N, 4) [1] xyzw, base_link to map;
            `linear_velocity` (N, 3) [m/s] map; `angular_velocity` (N, 3) [rad/s] base_link;
            all views of one (13, N) tensor.
        """
        body = state.storage[:13]
        noise = torch.randn(body.shape, generator=generator, device=body.device)
        measured = torch.addcmul(body, noise, self._deviations)
        normalise(measured[3:7])
        return {
            "position": measured[:3].T,
            "orientation": measured[3:7].T,
            "linear_velocity": measured[7:10].T,
            "angular_velocity": measured[10:13].T,
        }
