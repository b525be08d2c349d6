"""A bundle that says what it would do in the place of drones that fly by another policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from untether_policies.bundle import Bundle, load_bundle
from untether_policies.contract import CarrySpec, Contract, TensorSpec
from untether_policies.errors import BundleError
from untether_policies.policy import Policy
from untether_policies.zoo import resolve_bundle
from untether_training.models.policy import QuadrotorPolicy
from untether_training.tasks.fleet import CONTROL_TIMESTEP


@dataclass(frozen=True)
class TeacherConfig:
    """From whom a policy learns before it learns by itself.

    Attributes:
        bundle: Folder, NAME.untether file or name in the zoo; empty for nobody. The policy must be
            told what the teacher is told.
        share: Share of the training in which the policy imitates the teacher.
        std: Standard deviation of the actions in that time, and when PPO takes over.
    """

    bundle: str = ""
    share: float = 0.3
    std: float = 0.2


class Teacher:
    """A bundle's graph, run for all drones at once.

    It has no memory of its own: what it carries is what the flying policy carries, so it knows what
    the rotors were really told.

    Args:
        bundle: The teacher's.
        policy: The one that flies.
        drones: How many, N.

    Raises:
        BundleError: When the teacher takes or gives something else than the policy.
    """

    def __init__(self, bundle: Bundle, policy: QuadrotorPolicy, drones: int) -> None:
        require_teacher(bundle.contract, policy)
        self.sha256 = bundle.sha256
        """Hash of the bundle's contract."""
        self._policy = Policy.from_bundle(bundle, batch=drones)
        self._thrust = next(iter(self._policy.outputs.values()))
        self._actuation = policy.actuation
        self._unmixing = torch.linalg.inv(policy.actuation.mixing)  # (4, 4) [1]

    @classmethod
    def load(cls, name: str, policy: QuadrotorPolicy, drones: int) -> Teacher:
        """Load a bundle by its path or its name in the zoo, checked.

        Raises:
            BundleError: When it is refused, or does not fit the policy.
        """
        return cls(load_bundle(resolve_bundle(name)), policy, drones)

    def act(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Return the actions that make the teacher's thrusts, (N, 4) [1].

        Args:
            inputs: What the policy is told and carries, by name, (N, *shape) each.
        """
        for name, buffer in (*self._policy.inputs.items(), *self._policy.carry.items()):
            np.copyto(buffer, inputs[name].cpu().numpy())
        self._policy.step()
        actuation = self._actuation
        thrust = torch.from_numpy(self._thrust).to(self._unmixing.device)  # (N, 4) [N]
        actions = (thrust / actuation.max_thrust - actuation.hover) @ self._unmixing
        return actions.clamp_(-actuation.limit, actuation.limit)


def require_teacher(contract: Contract, policy: QuadrotorPolicy) -> None:
    """Refuse a bundle that cannot teach a policy.

    Raises:
        BundleError: When it is for another robot or rate, takes or carries something that the
            policy does not, or gives something else.
    """
    rate = round(1.0 / CONTROL_TIMESTEP)
    sides = {
        "robot": ([policy.robot], [contract.robot]),
        "rate": ([f"{rate} Hz"], [f"{contract.rate:g} Hz"]),
        "inputs": (_describe(policy.inputs), _describe(contract.inputs)),
        "carry": (_describe(policy.carry), _describe(contract.carry)),
        "outputs": (_describe(policy.outputs), _describe(contract.outputs)),
    }
    for what, (known, taken) in sides.items():
        if not set(taken) <= set(known):
            raise BundleError(
                f"{what} of the teacher {contract.name!r}",
                expected=f"among those of the policy that is trained: {'; '.join(known)}",
                got="; ".join(sorted(set(taken) - set(known))),
                fix="choose a teacher of the same task, or train with the teacher's "
                "policy.features and policy.swarm",
            )


def _describe(specs: Sequence[TensorSpec] | Sequence[CarrySpec]) -> list[str]:
    """Return texts that are equal for equal tensors."""
    return [
        f"{spec.name} ({spec.kind}, {' '.join(spec.elements)}, {spec.unit}, {spec.frame})"
        if isinstance(spec, TensorSpec)
        else f"{spec.name} ({spec.shape})"
        for spec in specs
    ]
