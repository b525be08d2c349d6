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
from untether_training.models.specs import input_specs

_LAST_LAYER_SCALE = 0.1


def soften(network: nn.Module) -> None:
    """Make the actions of an untrained network small, whatever it sees."""
    last = [layer for layer in network.modules() if isinstance(layer, nn.Linear)][-1]
    with torch.no_grad():
        last.weight.mul_(_LAST_LAYER_SCALE)
        last.bias.zero_()


@dataclass(frozen=True)
class ModelConfig:
    """What the configs of all policies have.

    Attributes:
        features: What the network sees of the drone itself.
        actuation: What its actions do.
        activation: Name of the network's activation, as rsl_rl knows it.
    """

    features: FeaturesConfig = field(default_factory=FeaturesConfig)
    actuation: ActuationConfig = field(default_factory=ActuationConfig)
    activation: str = "swish"

    def build(self, description: QuadrotorDescription) -> QuadrotorPolicy:
        """Return an untrained policy for a robot; it nearly hovers, whatever it sees."""
        raise NotImplementedError(
            f"policy: expected the config of a kind of policy, got {type(self).__name__}; "
            "choose a task, which brings one, e.g. task=waypoint"
        )


@dataclass(frozen=True)
class PolicyConfig(ModelConfig):
    """A multi-layer perceptron.

    Attributes:
        hidden: Units of the network's hidden layers.
    """

    hidden: tuple[int, ...] = (64, 64)

    def build(self, description: QuadrotorDescription) -> QuadrotorPolicy:
        """Return an untrained policy for a robot; it nearly hovers, whatever it sees."""
        features = QuadrotorFeatures(description, self.features)
        network = MLP(features.size, 4, self.hidden, self.activation)
        soften(network)
        actuation = RotorActuation(description, self.actuation)
        return QuadrotorPolicy(
            description, input_specs(features.config), features, network, actuation
        )
