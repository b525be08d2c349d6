"""Records what a trained policy sees when it flies in the training simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from untether_training.models.policy import QuadrotorPolicy
from untether_training.tasks.flight_environment import EnvironmentConfig


@dataclass(frozen=True)
class Rollout:
    """Recorded inputs of some drones that flew with the policy in closed loop.

    Attributes:
        inputs: By input of the policy, (ticks, drones, *shape), as measured, in the input's unit.
        unbroken: (drones,) whether a drone flew through all ticks without a crash.
    """

    inputs: Mapping[str, NDArray[np.float32]]
    unbroken: NDArray[np.bool_]

    def one(self, ticks: int) -> dict[str, NDArray[np.float32]]:
        """Return the first inputs of one drone that flew through, (ticks, *shape).

        Raises:
            ValueError: When all of them crashed.
        """
        if not self.unbroken.any():
            raise ValueError(
                f"rollout: expected at least one of {len(self.unbroken)} drones to fly without a "
                "crash, got none; train longer"
            )
        drone = int(np.argmax(self.unbroken))
        return {name: values[:ticks, drone] for name, values in self.inputs.items()}

    def samples(self) -> dict[str, NDArray[np.float32]]:
        """Return the inputs of all drones and ticks, (ticks * drones, *shape)."""
        return {name: values.reshape(-1, *values.shape[2:]) for name, values in self.inputs.items()}


def record_rollout(
    policy: QuadrotorPolicy, config: EnvironmentConfig, *, drones: int, ticks: int, seed: int
) -> Rollout:
    """Fly a policy, without exploring noise, through the task's legs.

    Args:
        policy: A trained policy, on the CPU.
        config: Of the task.
        drones: How many fly.
        ticks: For how many control periods.
        seed: Of starts, goals, parameters and noise.
    """
    generator = torch.Generator().manual_seed(seed)
    environment = config.uninterrupted().build_environment(policy, drones, generator)
    names = [spec.name for spec in policy.inputs]
    rows: dict[str, list[NDArray[np.float32]]] = {name: [] for name in names}
    unbroken = torch.ones(drones, dtype=torch.bool)
    with torch.inference_mode():
        for _ in range(ticks):
            for name in names:
                rows[name].append(environment.inputs[name].numpy().copy())
            seen = environment.get_observations()["policy"]
            _, _, ended, extras = environment.step(policy.network(seen))
            unbroken &= ~ended | extras["time_outs"]
    return Rollout({name: np.stack(row) for name, row in rows.items()}, unbroken.numpy())
