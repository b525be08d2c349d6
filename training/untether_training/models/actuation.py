"""From a network's output to rotor thrusts in newtons."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untether_hardware.crazyflie.description import QuadrotorDescription


@dataclass(frozen=True)
class ActuationConfig:
    """How far one unit of each action moves the rotors' thrust, over the largest thrust [1].

    Attributes:
        collective: All four rotors.
        tilt: Left against right for roll, front against back for pitch.
        yaw: One diagonal against the other.
        limit: Largest action; larger ones are clipped.
    """

    collective: float = 0.2
    tilt: float = 0.05
    yaw: float = 0.1
    limit: float = 2.0


class RotorActuation(nn.Module):
    """Turns actions (collective, roll, pitch, yaw) about hover into rotor thrusts.

    The four actions move the body along and about its axes one by one, which makes exploring noise
    far gentler than noise on each rotor.

    Args:
        description: The robot.
        config: Gains of the actions.
    """

    def __init__(self, description: QuadrotorDescription, config: ActuationConfig) -> None:
        super().__init__()
        positions = torch.tensor(description.rotor_positions)  # (4, 3) [m] base_link
        directions = torch.tensor(description.rotor_directions, dtype=torch.float32)
        mixing = torch.stack(
            (
                torch.full((4,), config.collective),
                config.tilt * positions[:, 1].sign(),
                -config.tilt * positions[:, 0].sign(),
                config.yaw * directions,
            )
        )
        self.limit = config.limit
        self.max_thrust = description.max_rotor_thrust
        self.hover = description.hover_rotor_thrust / description.max_rotor_thrust
        self.register_buffer("mixing", mixing, persistent=False)
        self.mixing: Tensor  # (4, 4) [1]; rows: actions, columns: rotors

    def forward(self, action: Tensor) -> Tensor:
        """Return the rotors' commands as a fraction of the largest thrust.

        Args:
            action: (N, 4) [1] collective, roll, pitch, yaw.

        Returns:
            (N, 4) [1], from 0 to 1.
        """
        limited = action.clamp(-self.limit, self.limit)
        return (limited @ self.mixing + self.hover).clamp(0.0, 1.0)
