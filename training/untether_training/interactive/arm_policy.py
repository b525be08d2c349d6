"""The policy that is exported: what an arm measures in, velocities of the tool out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from untether_hardware.franka.description import FR3
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.tensors import CAMERAS, list_inputs, list_outputs
from untether_policies.contract import CarrySpec, TensorSpec
from untether_training.offpolicy.policy import HybridPolicy
from untether_training.offpolicy.trunk import PictureTrunk

_SMALL = 1e-7  # half a turn [1], below which sine and angle are the same


class ArmPolicy(nn.Module):
    """Pictures' features, what is relative to the start, policy and scales in one module.

    The first tick after a reset keeps the tool's pose, which all later ones are relative to.

    Args:
        policy: As it was trained.
        config: Of the task.
        image_size: Width and height of the pictures [px].
        rounded: Whether weights are rounded to half precision, which halves the file.
    """

    def __init__(
        self,
        policy: HybridPolicy,
        config: ManipulationConfig,
        image_size: int,
        *,
        rounded: bool = True,
    ) -> None:
        super().__init__()
        self.robot = FR3.name
        self.trunk = PictureTrunk()
        self.policy = policy
        if rounded:
            round_weights(self)
        self.linear = config.translation_scale / config.period  # [m/s] of an action of one
        self.angular = config.rotation_scale / config.period  # [rad/s]
        self.inputs: tuple[TensorSpec, ...] = list_inputs(image_size)
        self.outputs: tuple[TensorSpec, ...] = list_outputs(config)
        self.carry: tuple[CarrySpec, ...] = (
            CarrySpec("started", (1,), (0.0,)),
            CarrySpec("start_position", (3,), (0.0, 0.0, 0.0)),
            CarrySpec("start_rotation", (4,), (0.0, 0.0, 0.0, 1.0)),
        )

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
        rest = {"tool_rotation": torch.tensor([1.0, 0.0, 0.0, 0.0])}
        tensors = [rest.get(spec.name, torch.zeros(spec.shape)) for spec in self.inputs]
        tensors += [torch.tensor(carry.initial) for carry in self.carry]
        return tuple(tensor.repeat(batch, *[1] * tensor.ndim) for tensor in tensors)

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Compute one tick.

        Args:
            tensors: As `input_names`, each (N, *shape) in its spec's unit and frame.

        Returns:
            As `output_names`.
        """
        seen, carry = self.observe(tensors)
        return (*self.command(self.policy(seen)), *carry)

    def observe(
        self, tensors: Sequence[Tensor]
    ) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor, Tensor]]:
        """Return what the policy sees, by name, (N, ...) each, and the next carry.

        Args:
            tensors: As `input_names`.
        """
        named = dict(zip(self.input_names, tensors, strict=True))
        position, rotation = named["tool_position"], named["tool_rotation"]
        started = named["started"] > 0.5
        start_position = torch.where(started, named["start_position"], position)
        start_rotation = torch.where(started, named["start_rotation"], rotation)
        from_start, from_base = _conjugate(start_rotation), _conjugate(rotation)
        seen = {
            "tool_position": _rotate(from_start, position - start_position),
            "tool_rotation": _find_vector(_multiply(from_start, rotation)),
            "gripper_width": named["gripper_width"],
        }
        for name in ("linear_velocity", "angular_velocity", "force", "torque"):
            seen[f"tool_{name}"] = _rotate(from_base, named[f"tool_{name}"])
        for camera in CAMERAS:
            seen[f"image_{camera}"] = self.trunk.compute(255.0 * named[f"image_{camera}"])
        return seen, (torch.ones_like(named["started"]), start_position, start_rotation)

    def command(self, action: Tensor) -> list[Tensor]:
        """Return the commands of actions, (N, A) [1], each in its output's unit."""
        commands = [self.linear * action[:, :3], self.angular * action[:, 3:6]]
        if action.shape[1] > 6:
            commands.append(action[:, 6:])
        return commands

    def run(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Compute one tick of named tensors; returns named tensors."""
        ordered: Sequence[Tensor] = [tensors[name] for name in self.input_names]
        return dict(zip(self.output_names, self(*ordered), strict=True))


def round_weights(module: nn.Module) -> None:
    """Round all weights to the nearest that half precision has; they stay of single precision."""
    with torch.no_grad():
        for value in (*module.parameters(), *module.buffers()):
            if value.is_floating_point():
                value.copy_(value.half())


def _conjugate(turn: Tensor) -> Tensor:
    """Return the inverse of unit quaternions, (N, 4) xyzw."""
    return torch.cat((-turn[:, :3], turn[:, 3:]), dim=1)


def _multiply(first: Tensor, second: Tensor) -> Tensor:
    """Return the product of quaternions, (N, 4) xyzw."""
    (u, a), (v, b) = (turn.split((3, 1), dim=1) for turn in (first, second))
    vector = a * v + b * u + torch.linalg.cross(u, v)
    return torch.cat((vector, a * b - (u * v).sum(1, keepdim=True)), dim=1)


def _rotate(turn: Tensor, vector: Tensor) -> Tensor:
    """Return vectors turned by unit quaternions, (N, 3)."""
    axis, real = turn.split((3, 1), dim=1)
    across = 2.0 * torch.linalg.cross(axis, vector)
    return vector + real * across + torch.linalg.cross(axis, across)


def _find_vector(turn: Tensor) -> Tensor:
    """Return the rotation vectors of unit quaternions, (N, 3) [rad]."""
    axis, real = turn.split((3, 1), dim=1)
    sign = torch.where(real < 0.0, -1.0, 1.0)
    sine = axis.norm(dim=1, keepdim=True).clamp(min=_SMALL)
    angle = 2.0 * torch.atan2(sine, real.abs())
    return sign * axis * (angle / sine)
