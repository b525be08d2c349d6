"""Writes the bundle of a robot's actor: the policy, and what its learner keeps of observations."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import torch
from torch import Tensor, nn

from untether_hardware.exploration.actor_graph import MEAN, OBSERVED, STD, close_actor_graph
from untether_hardware.exploration.actor_task import GRIPPER_PENALTY, RUN, TASK
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.registry import make_task
from untether_hardware.manipulation.tensors import CAMERAS
from untether_policies.bundle import Bundle, write_bundle
from untether_policies.contract import Contract
from untether_policies.fixture import record_fixture
from untether_training.export.graph import export_graph
from untether_training.interactive.arm_policy import ArmPolicy
from untether_training.interactive.config import InteractiveConfig
from untether_training.interactive.export import record_ticks
from untether_training.interactive.perception import list_arrays
from untether_training.offpolicy.policy import HybridPolicy

_TICKS = 10  # of the fixture
_PICTURES = tuple(f"image_{camera}" for camera in CAMERAS)
_CARD = """# {name}

Of a robot's actor, which explores with it and gets newer weights from its learner. It holds the
weights with which the learner began; the bundle of a trained policy is written after the training.
"""


class ActorModule(ArmPolicy):
    """The policy, whose outputs also tell what it saw and from what it draws.

    As in training, the policy sees features of half precision, as they are kept.

    Args:
        policy: As it is.
        config: Of the task.
        image_size: Width and height of the pictures [px].
    """

    def __init__(self, policy: HybridPolicy, config: ManipulationConfig, image_size: int) -> None:
        super().__init__(policy, config, image_size, rounded=False)
        self.kept = sorted(list_arrays(image_size))

    @property
    def output_names(self) -> list[str]:
        """Names of the graph's outputs, those of a bundle first."""
        return [*super().output_names, *(OBSERVED + name for name in self.kept), MEAN, STD]

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Compute one tick, of `input_names`; returns `output_names`."""
        seen, carry = self.observe(tensors)
        seen = {name: v.half() if name in _PICTURES else v for name, v in seen.items()}
        mean, std = self.policy.actor.describe(self.policy.encoder(seen))
        commands = self.command(self.policy(seen))
        return (*commands, *carry, *(seen[name] for name in self.kept), mean, std)


def write_actor_bundle(policy: HybridPolicy, config: InteractiveConfig, folder: Path) -> Bundle:
    """Write the bundle with which a robot's actor begins.

    Args:
        policy: As it is now.
        config: Of the run.
        folder: Of the bundle.

    Raises:
        BundleError: When the graph is not what the module is, or cannot be written.
    """
    task = config.task
    module = ActorModule(copy.deepcopy(policy), make_task(task.name).config, task.image_size).eval()
    contract = Contract(
        name=f"{module.robot}_{task.name}_actor",
        robot=module.robot,
        rate=1.0 / make_task(task.name).config.period,
        inputs=module.inputs,
        outputs=module.outputs,
        carry=module.carry,
        # Without an envelope: nobody knows yet where the exploration goes.
        provenance={
            TASK: task.name,
            RUN: uuid4().hex,
            "seed": config.seed,
            GRIPPER_PENALTY: config.gripper_penalty,
        },
    )
    ticks = record_ticks(module, task, config.seed, episodes=1)
    recorded = {name: array[:_TICKS] for name, array in ticks.items()}
    model = export_actor_graph(module)
    fixture = record_fixture(model, contract, recorded)
    return write_bundle(folder, contract, model, fixture, _CARD.format(name=contract.name))


def export_actor_graph(module: ActorModule) -> bytes:
    """Return a module as the graph of an actor's bundle."""
    weights = {name: value.numpy().copy() for name, value in module.policy.state_dict().items()}
    # Equal weights would be merged into one, as all scales of normalisations are at first.
    _make_distinct(module.policy)
    model = export_graph(module)
    module.policy.load_state_dict({name: torch.from_numpy(v) for name, v in weights.items()})
    return close_actor_graph(model, weights, "policy.")


def _make_distinct(module: nn.Module) -> None:
    parameters: Sequence[nn.Parameter] = list(module.parameters())
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for value in parameters:
            value.copy_(torch.rand(value.shape, generator=generator))
