"""The off-policy learner: soft actor-critic with an ensemble, and a critic for the gripper."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.offpolicy.augmentation import shift_randomly
from untether_training.offpolicy.batch import Batch
from untether_training.offpolicy.critic import CriticEnsemble, draw_least
from untether_training.offpolicy.encoder import EncoderConfig
from untether_training.offpolicy.gripper import GripperCritic, disagree, find_command
from untether_training.offpolicy.policy import HybridPolicy
from untether_training.offpolicy.privileged import PRIVILEGED, FullState, PrivilegedHead
from untether_training.offpolicy.temperature import Temperature
from untether_training.offpolicy.trunk import PictureTrunk, find_map_shape


@dataclass(frozen=True)
class OffPolicyConfig:
    """How the learner learns; the defaults are those of HIL-SERL (Luo et al. 2024, 2410.21845).

    Attributes:
        discount: Per step.
        return_steps: Of which the rewards count before estimates do; those that one commander did
            without a break.
        learning_rate: Of all networks.
        target_rate: Share of the networks that goes over into their slow copies with each update.
        members: Critics of the ensemble.
        subset: Members whose least estimate is the target.
        hidden: Units of the hidden layers.
        initial_temperature: Weight of the entropy at first.
        target_entropy: Wanted entropy [nat]; None for minus half an action's size.
        entropy_in_target: Whether the entropy to come counts as return.
        shift: Largest random shift of pictures [pixel]; 0 for none.
        privileged: Whether critics see what only a simulator knows instead of pictures (Pinto et
            al. 2018, 1710.06542); what policies see is the same.
        encoder: Sizes of the encoder.
    """

    discount: float = 0.97
    return_steps: int = 1
    learning_rate: float = 3e-4
    target_rate: float = 0.005
    members: int = 2
    subset: int = 2
    hidden: tuple[int, ...] = (256, 256)
    initial_temperature: float = 1e-2
    target_entropy: float | None = None
    entropy_in_target: bool = False
    shift: int = 4
    privileged: bool = False
    encoder: EncoderConfig = field(default_factory=EncoderConfig)


class _Networks(nn.Module):
    """All that is trained but the temperature.

    Critics see the policy's code, or the full state where a simulator knows it. Then the gripper's
    is none of the policy's, and another head makes sure that the code tells where things are.
    """

    def __init__(
        self,
        policy: HybridPolicy,
        twist_size: int,
        config: OffPolicyConfig,
        known: Mapping[str, ArraySpec],
    ) -> None:
        super().__init__()
        size = policy.encoder.size
        self.policy = policy
        self.gripper = policy.gripper
        self.full_state = self.prediction = None
        if config.privileged:
            self.full_state = FullState(known)
            self.prediction = PrivilegedHead(size, *known[PRIVILEGED].shape)
            size = self.full_state.size
            if policy.gripper is not None:
                self.gripper = GripperCritic(size, config.hidden)
        self.critic = CriticEnsemble(size + twist_size, config.members, config.hidden)

    def judge(self, observation: Mapping[str, Tensor], code: Tensor | None = None) -> Tensor:
        """Return what the critics see of observations, (N, size) [1].

        Args:
            observation: (N, ...) each.
            code: The policy's of it, where it was computed before.
        """
        if self.full_state is not None:
            return self.full_state(observation)
        return self.policy.encoder(observation) if code is None else code


class OffPolicyLearner:
    """Learns from batches of transitions, wherever they come from.

    The critics train the encoder, or what is known where they see that instead; the actor takes
    the code as it is. The gripper, whose command is the last number of an action, is decided by a
    critic of its own, or by a head that learns from that critic.

    Args:
        observation: Its arrays. Those of uint8 with three axes are pictures, (H, W, 3), which go
            through the frozen trunk; where their features were computed before, (C, H, W), they
            are neither shifted nor computed again, which is much faster. The policy does not see
            one that is named `PRIVILEGED`.
        twist_size: Size of an action without the gripper's command.
        gripper: Whether an action has one.
        config: How to learn.
        seed: Of the networks and of all draws.

    Attributes:
        policy: What is learned.
        updates: Of the critics so far.
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
        arrays = {
            name: ArraySpec(find_map_shape(*spec.shape[:2])) if spec.is_picture else spec
            for name, spec in observation.items()
            if name != PRIVILEGED
        }
        self._twist_size = twist_size
        if config.privileged and PRIVILEGED not in observation:
            raise ValueError(
                f"OffPolicyLearner: expected an array '{PRIVILEGED}' for the critics, got "
                f"{sorted(observation)}. Fix: keep it, or set learner.privileged to false."
            )
        vectors = {name: spec for name, spec in observation.items() if len(spec.shape) == 1}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.policy = HybridPolicy(
                arrays,
                twist_size,
                gripper=gripper,
                hidden=config.hidden,
                encoder=config.encoder,
            )
            self.networks = _Networks(self.policy, twist_size, config, vectors)
        self._slow = copy.deepcopy(self.networks).requires_grad_(False)
        target = config.target_entropy
        if target is None:
            target = -0.5 * (twist_size + gripper)
        self.temperature = Temperature(target, config.initial_temperature)
        actor = set(self.policy.actor.parameters())
        others = [value for value in self.networks.parameters() if value not in actor]
        self._critic_optimizer = _make_optimizer(others, config)
        self._actor_optimizer = _make_optimizer(self.policy.actor.parameters(), config)
        self._temperature_optimizer = _make_optimizer(self.temperature.parameters(), config)
        self._generator = torch.Generator().manual_seed(seed)
        self.updates = 0

    @torch.no_grad()
    def act(
        self, observation: Mapping[str, Tensor], *, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return an action for each observation, (N, A) [1].

        Args:
            observation: (N, ...) each.
            generator: Of exploration; None for the middle of the actions.
        """
        return self.policy(self._perceive(observation, shift=0), generator)

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
        observation = self._perceive(batch.observation, shift=shift)
        code = self.policy.encoder(observation)
        judged = self.networks.judge(observation, code)
        figures = self._update_critics(batch, code, judged, following)
        if actor:
            figures |= self._update_actor(code.detach(), judged.detach())
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
        seen = {
            name: array if name in self._pictures else array.float()  # once for all that see it
            for name, array in observation.items()
        }
        if self._trunk is not None:
            for name in self._pictures:
                pictures = seen[name]
                if shift:
                    pictures = shift_randomly(pictures, self._generator, shift)
                seen[name] = self._trunk(pictures)
        return seen

    def _update_critics(
        self, batch: Batch, code: Tensor, judged: Tensor, following: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        policy, slow, config = self.policy, self._slow, self.config
        future = config.discount * batch.bootstrap
        with torch.no_grad():
            next_code = policy.encoder(following)
            next_judged = slow.judge(following)
            next_twist, log_density = policy.actor(next_code, self._generator)
            estimates = slow.critic(next_judged, next_twist)
            value = draw_least(estimates, config.subset, self._generator)
            if config.entropy_in_target:
                value = value - self.temperature.value * log_density
            wanted = batch.reward + future * value
        estimate = self.networks.critic(judged, batch.action[:, : self._twist_size])
        loss = (estimate - wanted).square().mean(1).sum()
        figures = {"critic": loss.detach() / len(estimate), "q": estimate.detach().mean()}
        gripper = self.networks.gripper
        if policy.gripper is not None and gripper is not None and slow.gripper is not None:
            with torch.no_grad():
                best = policy.gripper(next_code).argmax(1, keepdim=True)
                value = slow.gripper(next_judged).gather(1, best)[:, 0]
                wanted = batch.reward + batch.penalty + future * value
            commands = gripper(judged)
            chosen = commands.gather(1, find_command(batch.action[:, -1:]))[:, 0]
            missed = (chosen - wanted).square().mean()
            figures["gripper"] = missed.detach()
            loss = loss + missed
            if gripper is not policy.gripper:
                missed = disagree(policy.gripper(code), commands.detach())
                figures["command"] = missed.detach()
                loss = loss + missed
        if self.networks.prediction is not None:
            missed = self.networks.prediction.miss(code, batch.observation[PRIVILEGED])
            figures["privileged"] = missed.detach()
            loss = loss + missed
        _step(self._critic_optimizer, loss)
        return figures

    def _update_actor(self, code: Tensor, judged: Tensor) -> dict[str, Tensor]:
        critic, weight = self.networks.critic, self.temperature.value
        twist, log_density = self.policy.actor(code, self._generator)
        with _frozen(critic):
            estimate = critic(judged, twist).mean(0)
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
    return torch.optim.Adam(parameters, config.learning_rate, fused=True)


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
