"""Builds a swarm policy from its config."""

from __future__ import annotations

from dataclasses import dataclass, field

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.models.actuation import RotorActuation
from untether_training.models.build import ModelConfig, soften
from untether_training.models.policy import QuadrotorPolicy
from untether_training.swarm.features import SwarmFeatures, SwarmFeaturesConfig
from untether_training.swarm.network import SwarmNetworkConfig
from untether_training.swarm.specs import swarm_input_specs


@dataclass(frozen=True)
class SwarmPolicyConfig(ModelConfig):
    """Encoders and attention.

    Attributes:
        swarm: What the network sees of neighbours and obstacles.
        network: Its sizes.
    """

    swarm: SwarmFeaturesConfig = field(default_factory=SwarmFeaturesConfig)
    network: SwarmNetworkConfig = field(default_factory=SwarmNetworkConfig)

    def build(self, description: QuadrotorDescription) -> QuadrotorPolicy:
        """Return an untrained policy for a robot; it nearly hovers, whatever it sees."""
        features = SwarmFeatures(description, self.features, self.swarm)
        network = self.network.build(features.sizes, 4, self.activation)
        soften(network.head)
        inputs = swarm_input_specs(self.features, self.swarm.neighbours, self.swarm.obstacles)
        actuation = RotorActuation(description, self.actuation)
        return QuadrotorPolicy(description, inputs, features, network, actuation)
