"""Writes a trained policy as a bundle, and checks that both are the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from untether_policies.bundle import Bundle, write_bundle
from untether_policies.contract import Contract
from untether_policies.envelope import compute_envelope
from untether_policies.fixture import Fixture, record_fixture, replay
from untether_policies.parity import ParityReport
from untether_training.export.graph import export_graph
from untether_training.export.rollout import record_rollout
from untether_training.models.policy import QuadrotorPolicy
from untether_training.tasks.fleet import CONTROL_TIMESTEP
from untether_training.tasks.flight_environment import EnvironmentConfig

_DRONES, _TICKS = 256, 500  # of the rollout, from which the envelope is taken
# What is replayed does not answer the policy: one that compensates disturbances then lets rounding
# errors grow, tenfold in two seconds was seen.
_FIXTURE_TICKS = 250


@dataclass(frozen=True)
class ExportedPolicy:
    """A policy's graph and what belongs to it, ready to be written.

    Attributes:
        contract: With the envelope.
        model: The bytes of the graph.
        fixture: Recorded in closed loop; its commands are those of torch.
        parity: How far graph and torch are apart.
    """

    contract: Contract
    model: bytes
    fixture: Fixture
    parity: ParityReport

    def write(self, folder: Path, card: str, pictures: Mapping[str, bytes] | None = None) -> Bundle:
        """Write the bundle's folder; an earlier bundle there is replaced."""
        return write_bundle(
            folder, self.contract, self.model, self.fixture, card, pictures=pictures
        )


def export_policy(
    policy: QuadrotorPolicy,
    task: EnvironmentConfig,
    *,
    name: str,
    seed: int,
    provenance: Mapping[str, str | int | float],
) -> ExportedPolicy:
    """Export a policy, and compare graph and module over a rollout.

    Args:
        policy: A trained policy; it is moved to the CPU.
        task: What it was trained for.
        name: Of the bundle.
        seed: Of the rollout, from which fixture and envelope are taken.
        provenance: Where the policy comes from.

    Raises:
        BundleError: When the graph is not what the module is.
    """
    policy = policy.cpu().eval()
    rollout = record_rollout(policy, task, drones=_DRONES, ticks=_TICKS, seed=seed)
    contract = Contract(
        name=name,
        robot=policy.robot,
        rate=round(1.0 / CONTROL_TIMESTEP),
        inputs=policy.inputs,
        outputs=policy.outputs,
        carry=policy.carry,
        provenance={**provenance, "task": task.name, "recorded_by": f"torch {torch.__version__}"},
    )
    contract = replace(contract, envelope=compute_envelope(contract, rollout.samples()))
    model = export_graph(policy)

    def reference(tensors: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        with torch.no_grad():
            outputs = policy.run({key: torch.from_numpy(v) for key, v in tensors.items()})
        return {key: value.numpy() for key, value in outputs.items()}

    fixture = record_fixture(model, contract, rollout.one(_FIXTURE_TICKS), reference)
    return ExportedPolicy(contract, model, fixture, replay(model, contract, fixture))
