"""PPO for a quadrotor policy: rsl_rl's algorithm around our exported module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rsl_rl.algorithms import PPO
from rsl_rl.models import MLPModel
from tensordict import TensorDict
from torch.optim import Optimizer

from untether_training.learning.rollout import Rollout
from untether_training.models.policy import QuadrotorPolicy

_OBSERVATIONS = {"actor": ["policy"], "critic": ["policy", "privileged"]}


@dataclass(frozen=True)
class LearnerConfig:
    """How PPO learns (Schulman et al. 2017).

    The learning rate follows the Kullback-Leibler divergence that the updates bring, up to a
    largest rate. That one is held, then falls exponentially: a large one learns fast, but leaves
    the policy with a restless bias.

    Attributes:
        steps: Control steps of every drone in an iteration. Many, with a large `trace`, matter:
            where a drone hovers, the critic alone does not tell a good action from a bad one.
        epochs: Passes over an iteration's data.
        mini_batches: Pieces of a pass.
        learning_rate: At first.
        largest_rate: Largest learning rate, at first.
        final_rate: Largest learning rate at the end of the training.
        hold: Share of the training for which the largest rate is held.
        divergence: Wanted divergence of an iteration's policies.
        discount: Per control step.
        trace: Lambda of the generalised advantage estimate (Schulman et al. 2016).
        clip: Largest change of a probability ratio.
        entropy: Weight of the entropy bonus.
        initial_std: Of the actions, at first.
        critic_hidden: Units of the critic's hidden layers.
    """

    steps: int = 64
    epochs: int = 2
    mini_batches: int = 32
    learning_rate: float = 1e-3
    largest_rate: float = 5e-3
    final_rate: float = 3e-4
    hold: float = 0.4
    divergence: float = 0.01
    discount: float = 0.99
    trace: float = 0.98
    clip: float = 0.2
    entropy: float = 0.0
    initial_std: float = 1.0
    critic_hidden: tuple[int, ...] = (64, 64)

    def build(
        self, policy: QuadrotorPolicy, activation: str, observation: TensorDict, device: str
    ) -> PPO:
        """Return PPO that trains the policy's network.

        Args:
            policy: Its network becomes the actor's.
            activation: Of the critic.
            observation: An example, (num_envs,).
            device: Where to train.
        """
        actor = MLPModel(
            observation,
            _OBSERVATIONS,
            "actor",
            4,
            distribution_cfg={
                "class_name": "GaussianDistribution",
                "init_std": self.initial_std,
                "std_type": "log",
            },
        )
        actor.add_module("mlp", policy.network)
        critic = MLPModel(
            observation,
            _OBSERVATIONS,
            "critic",
            1,
            hidden_dims=list(self.critic_hidden),
            activation=activation,
        )
        count = observation.batch_size[0]
        storage = Rollout("rl", count, self.steps, observation, [4], device)
        return PPO(
            actor,
            critic,
            storage,
            num_learning_epochs=self.epochs,
            num_mini_batches=self.mini_batches,
            clip_param=self.clip,
            gamma=self.discount,
            lam=self.trace,
            entropy_coef=self.entropy,
            learning_rate=self.learning_rate,
            schedule="adaptive",
            desired_kl=self.divergence,
            device=device,
        )

    def largest_rate_at(self, progress: float) -> float:
        """Return the largest learning rate at a share of the training, from 0 to 1."""
        falling = max(0.0, min(1.0, progress) - self.hold) / max(1e-9, 1.0 - self.hold)
        return self.largest_rate * (self.final_rate / self.largest_rate) ** falling


def limit_learning_rate(learner: PPO, largest: Callable[[], float]) -> None:
    """Keep a learner's adaptive learning rate below a limit that may change.

    Args:
        learner: Its schedule changes the rate before every step of the optimizer.
        largest: Returns the limit.
    """

    def limit(optimizer: Optimizer, *_: object) -> None:
        learner.learning_rate = min(learner.learning_rate, largest())
        for group in optimizer.param_groups:
            group["lr"] = learner.learning_rate

    learner.optimizer.register_step_pre_hook(limit)
