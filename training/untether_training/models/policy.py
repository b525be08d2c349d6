"""The policy that is exported: SI tensors in, rotor thrusts out, everything else inside."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_policies.contract import CarrySpec, TensorSpec
from untether_training.models.actuation import RotorActuation
from untether_training.models.interface import Features
from untether_training.models.specs import carry_specs, output_specs


class QuadrotorPolicy(nn.Module):
    """Features, network and actuation in one module that knows its own tensors.

    Args:
        description: The robot.
        inputs: What the robot has to measure, in the order of the exported graph's inputs.
        features: The module of the training environment.
        network: Maps features (N, features.size) to actions (N, 4).
        actuation: The module of the training environment.
    """

    def __init__(
        self,
        description: QuadrotorDescription,
        inputs: tuple[TensorSpec, ...],
        features: Features,
        network: nn.Module,
        actuation: RotorActuation,
    ) -> None:
        super().__init__()
        self.robot = description.name
        self.features = features
        self.network = network
        self.actuation = actuation
        self.inputs = inputs
        self.outputs: tuple[TensorSpec, ...] = output_specs(description)
        self.carry: tuple[CarrySpec, ...] = carry_specs(features.initial_carry)

    @property
    def input_names(self) -> list[str]:
        """Names of the graph's inputs: tensors, then carry."""
        return [spec.name for spec in (*self.inputs, *self.carry)]

    @property
    def output_names(self) -> list[str]:
        """Names of the graph's outputs: commands, then the next carry."""
        return [*(spec.name for spec in self.outputs), *(f"{c.name}_next" for c in self.carry)]

    def example_inputs(self, batch: int = 2) -> tuple[Tensor, ...]:
        """Return a batch of inputs at rest; at least 2, so that an export leaves it free."""
        rest = {"orientation": torch.tensor([0.0, 0.0, 0.0, 1.0])}
        tensors = [rest.get(spec.name, torch.zeros(spec.shape)) for spec in self.inputs]
        tensors += [torch.tensor(carry.initial) for carry in self.carry]
        return tuple(tensor.repeat(batch, *[1] * tensor.ndim) for tensor in tensors)

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Compute one tick.

        Args:
            tensors: As `input_names`, each (N, k) in its spec's unit and frame.

        Returns:
            As `output_names`.
        """
        named = dict(zip(self.input_names, tensors, strict=True))
        carry = {spec.name: named[spec.name] for spec in self.carry}
        seen, following = self.features(named, carry)
        command = self.actuation(self.network(seen))  # (N, 4) [1]
        following["previous_command"] = command
        following_tensors = [following[spec.name] for spec in self.carry]
        return (command * self.actuation.max_thrust, *following_tensors)

    def run(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Compute one tick of named tensors; returns named tensors."""
        ordered: Sequence[Tensor] = [tensors[name] for name in self.input_names]
        return dict(zip(self.output_names, self(*ordered), strict=True))
