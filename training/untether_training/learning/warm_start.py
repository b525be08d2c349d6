"""A training that begins with the networks of an earlier run."""

from __future__ import annotations

from pathlib import Path

from rsl_rl.algorithms import PPO
from torch import nn

from untether_training.learning.checkpoint import CheckpointError, read_checkpoint
from untether_training.learning.run_folder import RunFolder

_ACTOR = "mlp."  # the actor's network, without the spread of its actions


def take_networks(learner: PPO, run: str) -> None:
    """Copy actor and critic of a run into a learner; how widely it explores is left.

    Args:
        learner: Of the same sizes.
        run: Folder of the run.

    Raises:
        CheckpointError: When the run has no checkpoint, or its networks have other sizes.
    """
    path = RunFolder(Path(run)).checkpoint
    state = read_checkpoint(path)["learner"]
    actor = {
        name.removeprefix(_ACTOR): value
        for name, value in state["actor_state_dict"].items()
        if name.startswith(_ACTOR)
    }
    pairs = ((learner.actor.mlp, actor), (learner.critic, state["critic_state_dict"]))
    for network, found in pairs:
        _require_sizes(path, network, found)
    for network, found in pairs:
        network.load_state_dict(found)


def _require_sizes(path: Path, network: nn.Module, found: dict) -> None:
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    got = {name: tuple(value.shape) for name, value in found.items()}
    if expected != got:
        misfits = sorted(name for name in expected | got if expected.get(name) != got.get(name))
        name = misfits[0]
        raise CheckpointError(
            f"{path}: expected networks of this policy's sizes ({name}: {expected.get(name)}), got "
            f"{got.get(name)}. Fix: give policy.network and learner.critic_hidden as in that run."
        )
