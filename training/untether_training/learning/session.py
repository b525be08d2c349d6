"""A training session: environment, policy and learner, advanced iteration by iteration."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_policies.errors import BundleError
from untether_training.conf.training import TrainingConfig
from untether_training.learning.imitation import Imitation
from untether_training.learning.ppo import limit_learning_rate
from untether_training.learning.teacher import Teacher


@dataclass(frozen=True)
class IterationReport:
    """What an iteration brought.

    Attributes:
        iteration: Number of iterations so far.
        steps: Control steps of all drones so far.
        elapsed: Training time so far [s].
        reward: Mean reward of a second of flight [1].
        success_rate: Share of the iteration's legs that were flown [1]; 0 when none ended.
        crash_rate: Share of the iteration's legs that ended in a crash [1].
        legs: Legs that ended in this iteration.
        value_loss: The critic's mean squared error.
        surrogate_loss: PPO's clipped objective; while a teacher is imitated, the mean squared
            error of the actions.
        action_std: Mean standard deviation of the actions.
        learning_rate: At the iteration's end.
        steps_per_second: Control steps a second [1/s].
    """

    iteration: int
    steps: int
    elapsed: float
    reward: float
    success_rate: float
    crash_rate: float
    legs: int
    value_loss: float
    surrogate_loss: float
    action_std: float
    learning_rate: float
    steps_per_second: float

    groups: ClassVar[Mapping[str, str]] = {
        "reward": "flight",
        "success_rate": "flight",
        "crash_rate": "flight",
        "legs": "flight",
        "elapsed": "time",
        "steps": "time",
        "steps_per_second": "time",
    }

    @property
    def summary(self) -> str:
        """The most important figures in a few words."""
        return (
            f"{self.steps / 1e6:.1f} M steps  {self.steps_per_second / 1e3:.0f} k/s  "
            f"success {100 * self.success_rate:.0f} %  reward {self.reward:.2f}"
        )


class TrainingSession:
    """Everything that a training run holds in memory.

    Two sessions of one config are equal, and a session that takes over another's `state_dict`
    goes on as the other would, bit for bit on the same machine with the same number of threads.
    The learner draws from torch's global generators, so only one session may run at a time.

    Args:
        config: Of the run.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self.config = config
        torch.manual_seed(config.seed)
        generator = torch.Generator(config.device)
        generator.manual_seed(config.seed)
        self.policy = config.policy.build(CRAZYFLIE).to(config.device)
        self.environment = config.task.build_environment(self.policy, config.num_envs, generator)
        self.environment.desynchronise()
        observation = self.environment.get_observations()
        activation = config.policy.activation
        learner = config.learner
        if config.teacher.bundle:
            learner = replace(learner, initial_std=config.teacher.std)
        self.learner = learner.build(self.policy, activation, observation, config.device)
        self.teacher = ""
        """Hash of the teacher's contract, once it was asked."""
        self._imitation: Imitation | None = None
        self.iteration = 0
        self.elapsed = 0.0
        limit_learning_rate(self.learner, lambda: config.learner.largest_rate_at(self.progress))

    @property
    def progress(self) -> float:
        """Share of the training that is done, by time or by iterations, from 0 to 1."""
        by_time = self.elapsed / self.config.time_limit
        return min(1.0, max(by_time, self.iteration / self.config.iterations))

    @property
    def finished(self) -> bool:
        """Whether the time or the iterations are used up."""
        return self.progress >= 1.0

    @property
    def steps(self) -> int:
        """Control steps of all drones so far."""
        return self.iteration * self.config.num_envs * self.config.learner.steps

    def iterate(self) -> IterationReport:
        """Fly for some steps, learn from them, and report.

        Raises:
            BundleError: When the teacher is refused.
        """
        start = time.perf_counter()
        imitation = self._choose_imitation()
        config, learner, environment = self.config.learner, self.learner, self.environment
        environment.begin_iteration(self.progress)
        reward = 0.0
        with torch.inference_mode():
            observation = environment.get_observations()
            for step in range(config.steps):
                if imitation is not None and step > 0:
                    imitation.label(step, environment.inputs)
                actions = learner.act(observation)
                observation, rewards, dones, extras = environment.step(actions)
                learner.process_env_step(observation, rewards, dones, extras)
                reward += float(rewards.mean())
            learner.compute_returns(observation)
        losses = learner.update() if imitation is None else imitation.update()
        duration = time.perf_counter() - start
        self.iteration += 1
        self.elapsed += duration
        tally = environment.tally
        return IterationReport(
            iteration=self.iteration,
            steps=self.steps,
            elapsed=self.elapsed,
            reward=reward / (config.steps * environment.timestep),
            success_rate=tally.succeeded / max(1, tally.legs),
            crash_rate=tally.crashed / max(1, tally.legs),
            legs=tally.legs,
            value_loss=losses["value"],
            surrogate_loss=losses["surrogate"],
            action_std=learner.actor.output_std.mean().item(),
            learning_rate=learner.learning_rate,
            steps_per_second=config.steps * self.config.num_envs / duration,
        )

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the session needs to go on later."""
        state = {
            "learner": self.learner.save(),
            "environment": self.environment.state_dict(),
            "random": torch.get_rng_state(),
            "iteration": self.iteration,
            "elapsed": self.elapsed,
            "teacher": self.teacher,
        }
        if self._on_cuda:
            state["cuda_random"] = torch.cuda.get_rng_state(self.config.device)
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.learner.load(state["learner"], None, strict=True)
        self.environment.load_state_dict(state["environment"])
        torch.set_rng_state(state["random"].cpu())
        if self._on_cuda:
            torch.cuda.set_rng_state(state["cuda_random"].cpu(), self.config.device)
        self.iteration = int(state["iteration"])
        self.elapsed = float(state["elapsed"])
        self.teacher = str(state.get("teacher", ""))  # older checkpoints know of none

    def _choose_imitation(self) -> Imitation | None:
        """Return what imitates the teacher, or None when PPO's time has come."""
        config = self.config.teacher
        if not config.bundle or self.progress >= config.share:
            self._imitation = None
        elif self._imitation is None:
            teacher = Teacher.load(config.bundle, self.policy, self.config.num_envs)
            if self.teacher not in ("", teacher.sha256):
                raise BundleError(
                    f"teacher {config.bundle}",
                    expected=f"the bundle that this run began with, {self.teacher[:12]}",
                    got=teacher.sha256[:12],
                    fix="put that bundle back, or start a new run",
                )
            self.teacher = teacher.sha256
            self._imitation = Imitation(teacher, self.learner)
        return self._imitation

    @property
    def _on_cuda(self) -> bool:
        """Whether actions are drawn by the generator of a GPU."""
        return torch.device(self.config.device).type == "cuda"
