"""The environment: a fleet with a task, as rsl_rl wants it."""

from __future__ import annotations

from typing import Any

import torch
from tensordict import TensorDict
from torch import Tensor

from untether_training.dynamics.quadrotor import FloorContact
from untether_training.dynamics.state import QuadrotorState
from untether_training.models.actuation import RotorActuation
from untether_training.models.interface import Features
from untether_training.tasks.fleet import CONTROL_TIMESTEP, Fleet
from untether_training.tasks.flight_environment import FlightEnvironment
from untether_training.tasks.legs import LegClock, LegTally
from untether_training.tasks.pool import SamplePool
from untether_training.tasks.privileged import summarise_approach
from untether_training.tasks.rewards import excess
from untether_training.tasks.task import Task


class QuadrotorEnvironment(FlightEnvironment):
    """Drones that fly legs: one goal each, ended by time or by a crash.

    Running out of time is no failure: `extras["time_outs"]` marks such ends, so that the learner
    bootstraps. A share of these drones flies on to its next goal from where it is.

    Args:
        task: What to do.
        features: The module that the exported policy has inside, too.
        actuation: Likewise.
        count: Number of drones, N.
    """

    timestep = CONTROL_TIMESTEP

    def __init__(
        self, task: Task, features: Features, actuation: RotorActuation, count: int
    ) -> None:
        config = task.config
        self.cfg = config
        self.task = task
        self.features = features
        self.actuation = actuation
        self.generator = task.generator
        self.device = device = task.generator.device
        self.num_envs = count
        self.num_actions = 4
        self.max_episode_length = round(config.leg_time[1] / CONTROL_TIMESTEP)
        self.fleet = Fleet(
            task.description, config.randomisation, config.noise, count, self.generator
        )
        self.clock = LegClock(count, round(config.success.hold_time / CONTROL_TIMESTEP), device)
        self.tally = LegTally()
        self.command = torch.full((4, count), actuation.hover, device=device)
        """(4, N) [1]; what was commanded last, thrust over the largest."""
        initial = features.initial_carry
        self._initial = {name: torch.tensor(initial[name], device=device) for name in initial}
        self.carry = {name: value.repeat(count, 1) for name, value in self._initial.items()}
        """What the policy carries to its next tick, (N, k) each."""
        self._starts = SamplePool(lambda number: task.sample_start(number).storage)
        self._start(torch.arange(count, device=device))
        self.inputs, self._observation = self._observe()

    @property
    def episode_length_buf(self) -> Tensor:  # type: ignore[override]
        """(N,) [control steps]; time of each drone's leg."""
        return self.clock.elapsed

    def desynchronise(self) -> None:
        """Put each drone at a random time of its leg, so that not all legs end at once."""
        draw = torch.rand(self.num_envs, generator=self.generator, device=self.device)
        self.clock.elapsed.copy_((draw * self.clock.length).long())

    def get_observations(self) -> TensorDict:
        """Return what the drones see now; see `step`."""
        return self._observation

    def step(self, actions: Tensor) -> tuple[TensorDict, Tensor, Tensor, dict]:
        """Fly one control period.

        Args:
            actions: (N, 4) [1]; see `RotorActuation`.

        Returns:
            Observations: groups "policy" (N, features) and "privileged" (N, 17); rewards (N,);
            ends of legs (N,) bool; extras with "time_outs" (N,) bool.
        """
        command = self.actuation(actions).T.contiguous()
        contacts = self.fleet.fly(command)
        self.task.advance(CONTROL_TIMESTEP)
        state, weights = self.fleet.state, self.task.config.reward
        crashed = self._find_crashes(contacts)
        reward = self.task.reward(state, command, self.command)
        reward.add_(excess(actions, self.actuation.limit), alpha=weights.excess)
        reward.clamp_(min=weights.least).mul_(CONTROL_TIMESTEP)
        reward.add_(crashed, alpha=weights.crash)
        time_outs = self.clock.advance(self.task.is_near(state)) & ~crashed
        self.command = command
        self.carry["previous_command"] = command.T
        done = crashed | time_outs
        self._end(done.nonzero()[:, 0], crashed)
        self.inputs, self._observation = self._observe()
        return self._observation, reward, done, {"time_outs": time_outs}

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes while the drones fly."""
        return {
            "fleet": self.fleet.state_dict(),
            "clock": self.clock.state_dict(),
            "task": self.task.state_dict(),
            "starts": self._starts.state_dict(),
            "command": self.command,
            "carry": dict(self.carry),
            "observation": dict(self._observation.items()),
            "random": self.generator.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.fleet.load_state_dict(state["fleet"])
        self.clock.load_state_dict(state["clock"])
        self.task.load_state_dict(state["task"])
        self._starts.load_state_dict(state["starts"])
        self.command = state["command"].clone()
        self.carry = {name: value.clone() for name, value in state["carry"].items()}
        self._observation = self._pack(**state["observation"])
        self.generator.set_state(state["random"].cpu())

    def _find_crashes(self, contacts: list[FloorContact]) -> Tensor:
        """Return who crashed during the control period, (N,) bool."""
        limits = self.task.config.crash
        position = self.fleet.state.position
        crashed = position[2] > limits.height_limit
        crashed |= position[:2].abs().amax(0) > limits.horizontal_limit
        for contact in contacts:
            crashed |= contact.uprightness < limits.flying_uprightness
            crashed |= contact.touching & (contact.uprightness < limits.uprightness)
            crashed |= contact.impact_speed > limits.impact_speed
        return crashed

    def _end(self, ended: Tensor, crashed: Tensor) -> None:
        """Count the legs of drones `ended` (M,), and begin others."""
        if ended.numel() == 0:
            return
        failed = crashed[ended]
        self.tally.add(self.clock.succeeded[ended], failed)
        draw = torch.rand(ended.shape, generator=self.generator, device=self.device)
        flies_on = ~failed & (draw < self.task.config.continue_probability)
        self._start(ended[~flies_on])
        self._continue(ended[flies_on])

    def _start(self, indices: Tensor) -> None:
        """Let new drones start in the places of drones (M,)."""
        start = QuadrotorState.from_storage(self._starts.take(indices.numel()))
        self.fleet.reset(indices, start)
        self._reset_carry(indices)
        self._begin_leg(indices)

    def _continue(self, indices: Tensor) -> None:
        """Give drones (M,) their next leg, and some of them a fresh policy."""
        draw = torch.rand(indices.shape, generator=self.generator, device=self.device)
        self._reset_carry(indices[draw < self.task.config.reset_carry_probability])
        self._begin_leg(indices)

    def _reset_carry(self, indices: Tensor) -> None:
        self.command[:, indices] = self.actuation.hover
        for name, initial in self._initial.items():
            self.carry[name][indices] = initial

    def _begin_leg(self, indices: Tensor) -> None:
        self.task.set_goals(indices, self.fleet.state.position[:, indices])
        given = self.task.sample_leg_time(indices.numel()) / CONTROL_TIMESTEP
        self.clock.begin(indices, given.long())

    def _observe(self) -> tuple[dict[str, Tensor], TensorDict]:
        """Measure, compute the features and advance what the policy carries."""
        inputs = self.fleet.measure()
        inputs["goal_position"] = self.task.goal_position.T
        inputs["goal_velocity"] = self.task.goal_velocity.T
        seen, following = self.features(inputs, self.carry)
        inputs = {**inputs, **self.carry}
        self.carry.update(following)
        state, task = self.fleet.state, self.task
        error = task.goal_position - state.position
        velocity = state.linear_velocity - task.goal_velocity
        approach = summarise_approach(error, velocity, task.config.reward.nearness_radius)
        return inputs, self._pack(seen, torch.cat((self.fleet.privileged, approach), dim=1))

    def _pack(self, policy: Tensor, privileged: Tensor) -> TensorDict:
        groups = {"policy": policy, "privileged": privileged}
        return TensorDict(groups, batch_size=[self.num_envs], device=self.device)
