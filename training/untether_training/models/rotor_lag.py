"""Tells slow rotors from quick ones by how the body rates answer the commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class RotorLagConfig:
    """Parameters of the estimator.

    Attributes:
        slow_time: Time constant of slow rotors [s]; that of quick ones is the observer's.
        bias_time: Time over which constant errors of a prediction are averaged out [s].
        unit: Difference of the squared errors that is one unit of evidence [rad^2/s^2]. The noise
            of a gyroscope with 0.05 rad/s alone would give 0.01; the rest is for what neither
            prediction knows.
        memory: Time constant with which evidence is forgotten [s].
        limit: Evidence beyond which nobody doubts; more would take long to be revised [1].
    """

    slow_time: float = 0.15
    bias_time: float = 0.17
    unit: float = 0.05
    memory: float = 3.3
    limit: float = 3.0


class RotorLagEstimator(nn.Module):
    """Weighs two models of the same robot, one with quick rotors and one with slow ones.

    Each predicts how roll and pitch rate change over a period. The one that errs less gains
    evidence, the logarithm of the odds but for a factor (multiple-model adaptive estimation:
    Magill 1965). Constant errors say nothing about the lag, so each model's mean error is taken
    off first. A tenth of a second of manoeuvring usually decides; steady flight tells nothing, and
    then the evidence is kept for some seconds.

    Its carry:
        `slow_thrust`: (N, 4) [1]; what slow rotors give by now, over the largest.
        `tilting_rate`: (N, 2) [rad/s] base_link; roll and pitch rate at the last tick.
        `lag_bias`: (N, 4) [rad/s]; mean error of the quick model about x and y, then the slow's.
        `lag_evidence`: (N, 1) [1]; above 0 when the rotors seem slow.

    Args:
        effect: (4, 2) [rad/s^2] about x and y for each rotor at its largest thrust.
        period: Time between two ticks [s].
        config: Parameters.
    """

    def __init__(self, effect: Tensor, period: float, config: RotorLagConfig) -> None:
        super().__init__()
        self.config = config
        self.blend = period / (config.slow_time + period)  # [1]
        self.averaging = period / config.bias_time  # [1]
        self.keep = 1.0 - period / config.memory  # [1]
        self.register_buffer("change", effect * period, persistent=False)
        self.change: Tensor  # (4, 2) [rad/s] over a period

    @property
    def initial_carry(self) -> dict[str, tuple[float, ...]]:
        """The carry before the first tick; any thrust does, as it is soon forgotten."""
        return {
            "slow_thrust": (0.5,) * 4,
            "tilting_rate": (0.0,) * 2,
            "lag_bias": (0.0,) * 4,
            "lag_evidence": (0.0,),
        }

    def forward(
        self, angular_velocity: Tensor, carry: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return how slow the rotors seem, (N, 1) from -1 to 1, and the carry for the next tick.

        Args:
            angular_velocity: (N, 3) [rad/s] base_link; measured.
            carry: As the class says, and the observer's `observing`, `reached_thrust` and
                `previous_command`.
        """
        rate = angular_velocity[:, :2]
        thrust = torch.stack((carry["reached_thrust"], carry["slow_thrust"]), dim=1)  # (N, 2, 4)
        error = (rate - carry["tilting_rate"]).unsqueeze(1) - thrust @ self.change  # (N, 2, 2)
        error = error * carry["observing"].unsqueeze(2)
        bias = carry["lag_bias"].unflatten(1, (2, 2))
        surprise = (error - bias).clamp(-1.0, 1.0)
        square = surprise.square().sum(2)  # (N, 2) [rad^2/s^2]
        gain = (square[:, :1] - square[:, 1:]) / self.config.unit
        evidence = self.keep * carry["lag_evidence"] + gain
        evidence = evidence.clamp(-self.config.limit, self.config.limit)
        return evidence / self.config.limit, {
            "slow_thrust": torch.lerp(carry["slow_thrust"], carry["previous_command"], self.blend),
            "tilting_rate": rate,
            "lag_bias": torch.lerp(bias, error, self.averaging).flatten(1),
            "lag_evidence": evidence,
        }
