"""Builds a policy from its config."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from rsl_rl.modules import MLP
from torch import nn

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.models.actuation import ActuationConfig, RotorActuation
from untether_training.models.features import FeaturesConfig, QuadrotorFeatures
from untether_training.models.policy import QuadrotorPolicy

_LAST_LAYER_SCALE = 0.1


@dataclass(frozen=True)
class PolicyConfig:
    """The policy's parts.

    Attributes:
        features: What its network sees.
        actuation: What its actions do.
        hidden: Units of the network's hidden layers.
        activation: Name of the activation, as rsl_rl knows it.
    """

    features: FeaturesConfig = field(default_factory=FeaturesConfig)
    actuation: ActuationConfig = field(default_factory=ActuationConfig)
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "swish"

    def build(self, description: QuadrotorDescription) -> QuadrotorPolicy:
        """Return an untrained policy for a robot; it nearly hovers, whatever it sees."""
        features = QuadrotorFeatures(description, self.features)
        network = MLP(features.size, 4, self.hidden, self.activation)
        last = [layer for layer in network if isinstance(layer, nn.Linear)][-1]
        with torch.no_grad():
            last.weight.mul_(_LAST_LAYER_SCALE)
            last.bias.zero_()
        actuation = RotorActuation(description, self.actuation)
        return QuadrotorPolicy(description, features, network, actuation)
