"""The off-policy learner: soft actor-critic with an ensemble, and a critic for the gripper."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from untether_training.offpolicy.actor import SquashedGaussian
from untether_training.offpolicy.augmentation import shift_randomly
from untether_training.offpolicy.batch import ArraySpec, Batch
from untether_training.offpolicy.critic import CriticEnsemble, draw_least
from untether_training.offpolicy.encoder import Encoder, EncoderConfig
from untether_training.offpolicy.gripper import GripperCritic, find_command
from untether_training.offpolicy.temperature import Temperature
from untether_training.offpolicy.trunk import PictureTrunk, find_map_shape


@dataclass(frozen=True)
class OffPolicyConfig:
    """How the learner learns; the defaults are those of HIL-SERL (Luo et al. 2024, 2410.21845).

    Attributes:
        discount: Per step.
        learning_rate: Of all networks.
        target_rate: Share of the networks that goes over into their slow copies with each update.
        members: Critics of the ensemble.
        subset: Members whose least estimate is the target.
        hidden: Units of the hidden layers.
        initial_temperature: Weight of the entropy at first.
        target_entropy: Wanted entropy [nat]; None for minus half an action's size.
        entropy_in_target: Whether the entropy to come counts as return.
        shift: Largest random shift of pictures [pixel]; 0 for none.
        encoder: Sizes of the encoder.
    """

    discount: float = 0.97
    learning_rate: float = 3e-4
    target_rate: float = 0.005
    members: int = 2
    subset: int = 2
    hidden: tuple[int, ...] = (256, 256)
    initial_temperature: float = 1e-2
    target_entropy: float | None = None
    entropy_in_target: bool = False
    shift: int = 4
    encoder: EncoderConfig = field(default_factory=EncoderConfig)


class _Networks(nn.Module):
    """All that is trained but the temperature."""

    def __init__(
        self,
        shapes: Mapping[str, tuple[int, ...]],
        twist_size: int,
        config: OffPolicyConfig,
        *,
        gripper: bool,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(shapes, config.encoder)
        size = self.encoder.size
        self.actor = SquashedGaussian(size, twist_size, config.hidden)
        self.critic = CriticEnsemble(size + twist_size, config.members, config.hidden)
        self.gripper = GripperCritic(size, config.hidden) if gripper else None


class OffPolicyLearner:
    """Learns from batches of transitions, wherever they come from.

    Only the critics train the encoder; the actor sees the code as it is. The gripper, whose
    command is the last number of an action, is decided by a critic of its own.

    Args:
        observation: Its arrays. Those of uint8 with three axes are pictures, (H, W, 3), which go
            through the frozen trunk; where their features were computed before, (C, H, W), they
            are neither shifted nor computed again, which is much faster.
        twist_size: Size of an action without the gripper's command.
        gripper: Whether an action has one.
        config: How to learn.
        seed: Of the networks and of all draws.
    """

    def __init__(
        self,
        observation: Mapping[str, ArraySpec],
        twist_size: int,
        *,
        gripper: bool,
        config: OffPolicyConfig | None = None,
        seed: int = 0,
    ) -> None:
        self.config = config = config or OffPolicyConfig()
        self._pictures = [name for name, spec in observation.items() if spec.is_picture]
        self._trunk = PictureTrunk() if self._pictures else None
        shapes = {
            name: find_map_shape(*spec.shape[:2]) if spec.is_picture else spec.shape
            for name, spec in observation.items()
        }
        self._twist_size = twist_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.networks = _Networks(shapes, twist_size, config, gripper=gripper)
        self._slow = copy.deepcopy(self.networks).requires_grad_(False)
        target = config.target_entropy
        if target is None:
            target = -0.5 * (twist_size + gripper)
        self.temperature = Temperature(target, config.initial_temperature)
        networks = self.networks
        critics: list[nn.Module] = [networks.encoder, networks.critic]
        if networks.gripper is not None:
            critics.append(networks.gripper)
        self._critic_parameters = [p for module in critics for p in module.parameters()]
        self._critic_optimizer = _make_optimizer(self._critic_parameters, config)
        self._actor_optimizer = _make_optimizer(networks.actor.parameters(), config)
        self._temperature_optimizer = _make_optimizer(self.temperature.parameters(), config)
        self._generator = torch.Generator().manual_seed(seed)
        self.updates = 0
        """Updates of the critics so far."""

    @torch.no_grad()
    def act(
        self, observation: Mapping[str, Tensor], *, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return an action for each observation, (N, A) [1].

        Args:
            observation: (N, ...) each.
            generator: Of exploration; None for the middle of the actions.
        """
        networks = self.networks
        code = networks.encoder(self._perceive(observation, shift=0))
        if generator is None:
            twist = networks.actor.mean(code)
        else:
            twist, _ = networks.actor(code, generator)
        if networks.gripper is None:
            return twist
        return torch.cat((twist, networks.gripper.choose(code)[:, None]), dim=1)

    def update(self, batch: Batch, *, actor: bool = True) -> dict[str, float]:
        """Learn from a batch.

        Args:
            batch: Transitions.
            actor: Whether the actor and the temperature learn, too; HIL-SERL lets them learn with
                every other batch.

        Returns:
            Losses, mean estimate `q`, and with an actor `entropy` [nat] and `temperature`.
        """
        shift = self.config.shift
        following = self._perceive(batch.next_observation, shift=shift)
        code = self.networks.encoder(self._perceive(batch.observation, shift=shift))
        figures = self._update_critics(batch, code, following)
        if actor:
            figures |= self._update_actor(code.detach())
        self._follow()
        self.updates += 1
        return {name: value.item() for name, value in figures.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on, for `write_checkpoint`."""
        return {
            "networks": self.networks.state_dict(),
            "slow": self._slow.state_dict(),
            "temperature": self.temperature.state_dict(),
            "critic_optimizer": self._critic_optimizer.state_dict(),
            "actor_optimizer": self._actor_optimizer.state_dict(),
            "temperature_optimizer": self._temperature_optimizer.state_dict(),
            "generator": self._generator.get_state(),
            "updates": self.updates,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a learner of the same sizes stopped.

        Args:
            state: As `state_dict` returned it.
        """
        self.networks.load_state_dict(state["networks"])
        self._slow.load_state_dict(state["slow"])
        self.temperature.load_state_dict(state["temperature"])
        self._critic_optimizer.load_state_dict(state["critic_optimizer"])
        self._actor_optimizer.load_state_dict(state["actor_optimizer"])
        self._temperature_optimizer.load_state_dict(state["temperature_optimizer"])
        self._generator.set_state(state["generator"])
        self.updates = state["updates"]

    def _perceive(self, observation: Mapping[str, Tensor], *, shift: int) -> dict[str, Tensor]:
        """Return an observation with the features of its pictures, each shifted at random."""
        seen = dict(observation)
        if self._trunk is not None:
            for name in self._pictures:
                pictures = seen[name]
                if shift:
                    pictures = shift_randomly(pictures, self._generator, shift)
                seen[name] = self._trunk(pictures)
        return seen

    def _update_critics(
        self, batch: Batch, code: Tensor, following: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        networks, slow, config = self.networks, self._slow, self.config
        twist = batch.action[:, : self._twist_size]
        future = config.discount * batch.bootstrap
        with torch.no_grad():
            next_code = networks.encoder(following)
            slow_code = slow.encoder(following)
            next_twist, log_density = networks.actor(next_code, self._generator)
            estimates = slow.critic(slow_code, next_twist)
            value = draw_least(estimates, config.subset, self._generator)
            if config.entropy_in_target:
                value = value - self.temperature.value * log_density
            wanted = batch.reward + future * value
        estimate = networks.critic(code, twist)
        loss = (estimate - wanted).square().mean(1).sum()
        figures = {"critic": loss.detach() / len(estimate), "q": estimate.detach().mean()}
        if networks.gripper is not None and slow.gripper is not None:
            with torch.no_grad():
                best = networks.gripper(next_code).argmax(1, keepdim=True)
                value = slow.gripper(slow_code).gather(1, best)[:, 0]
                wanted = batch.reward + batch.penalty + future * value
            done = find_command(batch.action[:, -1])
            chosen = networks.gripper(code).gather(1, done[:, None])[:, 0]
            missed = (chosen - wanted).square().mean()
            figures["gripper"] = missed.detach()
            loss = loss + missed
        _step(self._critic_optimizer, loss)
        return figures

    def _update_actor(self, code: Tensor) -> dict[str, Tensor]:
        networks, weight = self.networks, self.temperature.value
        twist, log_density = networks.actor(code, self._generator)
        with _frozen(networks.critic):
            estimate = networks.critic(code, twist).mean(0)
            loss = (weight * log_density - estimate).mean()
            _step(self._actor_optimizer, loss)
        entropy = -log_density.detach().mean()
        _step(self._temperature_optimizer, self.temperature.loss(entropy))
        return {"actor": loss.detach(), "entropy": entropy, "temperature": self.temperature.value}

    @torch.no_grad()
    def _follow(self) -> None:
        """Let the slow copies follow."""
        pairs = zip(self._slow.parameters(), self.networks.parameters(), strict=True)
        for slow, fast in pairs:
            slow.lerp_(fast, self.config.target_rate)


@contextmanager
def _frozen(module: nn.Module) -> Iterator[None]:
    """Compute no gradients of a module's parameters within the block."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)


def _make_optimizer(
    parameters: Iterable[nn.Parameter], config: OffPolicyConfig
) -> torch.optim.Adam:
    return torch.optim.Adam(parameters, config.learning_rate, foreach=True)


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
