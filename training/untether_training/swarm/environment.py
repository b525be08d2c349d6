"""The environment of a swarm: drones that fly to goals among columns and each other."""

from __future__ import annotations

from typing import Any

import torch
from tensordict import TensorDict
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.models.actuation import RotorActuation
from untether_training.models.interface import Features
from untether_training.swarm.collision_replay import CollisionReplay
from untether_training.swarm.config import SwarmConfig
from untether_training.swarm.interaction import Encounter
from untether_training.swarm.obstacles import ObstacleView
from untether_training.swarm.penalties import closeness, crowding, onset
from untether_training.swarm.worlds import SwarmWorlds
from untether_training.tasks.fleet import CONTROL_TIMESTEP
from untether_training.tasks.flight_environment import FlightEnvironment
from untether_training.tasks.flight_reward import flight_reward
from untether_training.tasks.legs import LegTally
from untether_training.tasks.privileged import summarise_approach
from untether_training.tasks.randomisation import sample_uniform
from untether_training.tasks.rewards import excess

_FLYING = 0.5
"""Share of the legs with a collision below which the drones count as flying [1]."""


class SwarmEnvironment(FlightEnvironment):
    """W worlds of D drones each; drone d of world w is environment d * W + w of the learner.

    An episode is a draw of columns. Within it, goals are drawn anew at the end of each leg. A drone
    that touches the floor starts again somewhere in its world; all other collisions change its
    motion, cost something, and let it fly on. Ends of legs are time-outs, not failures.

    Args:
        config: Of the task.
        description: The robot.
        features: The module that the exported policy has inside, too.
        actuation: Likewise.
        worlds: Number of worlds, W.
        generator: Where all randomness comes from; also names the device.
        obstacles: What the features want to know of the columns.
    """

    timestep = CONTROL_TIMESTEP

    def __init__(
        self,
        config: SwarmConfig,
        description: QuadrotorDescription,
        features: Features,
        actuation: RotorActuation,
        worlds: int,
        generator: torch.Generator,
        obstacles: ObstacleView = ObstacleView.field,
    ) -> None:
        self.cfg = self.config = config
        self.features = features
        self.actuation = actuation
        self.generator = generator
        self.device = device = generator.device
        self.num_envs = count = config.drones * worlds
        self.num_actions = 4
        self.max_episode_length = round(config.episode_time / CONTROL_TIMESTEP)
        self.worlds = SwarmWorlds(config, description, worlds, generator, obstacles=obstacles)
        self.tally = LegTally()
        self.penalty = 1.0
        """Share of the collision penalties that is in force, from 0 to 1."""
        self.replays = False
        """Whether collisions are replayed."""
        self.command = torch.full((4, count), actuation.hover, device=device)
        """(4, N) [1]; what was commanded last, thrust over the largest."""
        initial = features.initial_carry
        self._initial = {name: torch.tensor(initial[name], device=device) for name in initial}
        self.carry = {name: value.repeat(count, 1) for name, value in self._initial.items()}
        """What the policy carries to its next tick, (N, k) each."""
        shape = self.worlds.shape
        self._still = torch.zeros(3, count, device=device)
        self._elapsed = torch.zeros(worlds, dtype=torch.long, device=device)
        self._leg_left = torch.zeros(worlds, dtype=torch.long, device=device)
        self._touching = torch.zeros(config.drones, *shape, dtype=torch.bool, device=device)
        self._at_column = torch.zeros(shape, dtype=torch.bool, device=device)
        self.collided = torch.zeros(shape, dtype=torch.bool, device=device)
        """(D, W) whether a drone touched anything during its leg."""
        self._steps = 0
        rows = self._pack().shape[0]
        self._replay = CollisionReplay(config.replay, rows, worlds, CONTROL_TIMESTEP, device)
        self._reset(torch.arange(worlds, device=device))
        self.inputs, self._observation = self._observe()

    @property
    def episode_length_buf(self) -> Tensor:  # type: ignore[override]
        """(N,) [control steps]; time of each drone's episode."""
        return self._elapsed.repeat(self.config.drones)

    def begin_iteration(self, progress: float) -> None:
        """Count legs anew; let penalties and columns grow, and replay once the drones can fly."""
        tally = self.tally
        if tally.legs and tally.crashed < _FLYING * tally.legs:
            self.replays = True
        self.penalty = _ramp(progress, self.config.collisions.annealing)
        self.worlds.course.difficulty = _ramp(progress, self.config.curriculum)
        super().begin_iteration(progress)

    def desynchronise(self) -> None:
        """Put each world at a random time of its episode, so that not all end at once."""
        draw = torch.rand(self._elapsed.shape, generator=self.generator, device=self.device)
        self._elapsed.copy_((draw * self.max_episode_length).long())

    def get_observations(self) -> TensorDict:
        """Return what the drones see now; see `step`."""
        return self._observation

    def step(self, actions: Tensor) -> tuple[TensorDict, Tensor, Tensor, dict]:
        """Fly one control period.

        Args:
            actions: (N, 4) [1]; see `RotorActuation`.

        Returns:
            Observations: groups "policy" (N, features) and "privileged" (N, 17); rewards (N,);
            ends (N,) bool; extras with "time_outs" (N,) bool.
        """
        command = self.actuation(actions).T.contiguous()
        encounter = self.worlds.fly(command)
        grounded = encounter.on_floor.flatten()
        reward = self._reward(actions, command, encounter)
        self.command = command
        self.carry["previous_command"] = command.T
        self._steps += 1
        self._elapsed += 1
        self._leg_left -= 1
        time_out = (self._leg_left <= 0).repeat(self.config.drones) & ~grounded
        self._start_again(grounded.nonzero()[:, 0])
        self._end_legs()
        if self.replays and self._steps % self._replay.period == 0:
            self._replay.keep(self._pack())
        self.inputs, self._observation = self._observe()
        return self._observation, reward, grounded | time_out, {"time_outs": time_out}

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes while the drones fly."""
        return {
            "fleet": self.worlds.fleet.state_dict(),
            "course": self.worlds.course.pack(),
            "replay": self._replay.state_dict(),
            "carry": dict(self.carry),
            "observation": dict(self._observation.items()),
            "random": self.generator.get_state(),
            "replays": self.replays,
            "steps": self._steps,
            **self._tensors(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        worlds = torch.arange(self.worlds.shape[1], device=self.device)
        self.worlds.fleet.load_state_dict(state["fleet"])
        self.worlds.course.unpack(worlds, state["course"])
        self._replay.load_state_dict(state["replay"])
        self.carry = {name: value.clone() for name, value in state["carry"].items()}
        for name, tensor in self._tensors().items():
            tensor.copy_(state[name])
        self.replays, self._steps = bool(state["replays"]), int(state["steps"])
        groups = state["observation"]
        self._observation = TensorDict(groups, batch_size=[self.num_envs], device=self.device)
        self.generator.set_state(state["random"].cpu())

    def _tensors(self) -> dict[str, Tensor]:
        return {
            "command": self.command,
            "goal": self.worlds.goal,
            "scenario": self.worlds.scenario.state,
            "elapsed": self._elapsed,
            "leg_left": self._leg_left,
            "touching": self._touching,
            "at_column": self._at_column,
            "collided": self.collided,
        }

    def _reward(self, actions: Tensor, command: Tensor, encounter: Encounter) -> Tensor:
        """Return the rewards (N,), and remember who touches what."""
        config, costs = self.config, self.config.collisions
        goal = self.worlds.goal.flatten(1)
        reward = flight_reward(
            config.reward, self.worlds.fleet.state, goal, self._still, command, self.command
        )
        reward.add_(excess(actions, self.actuation.limit), alpha=config.reward.excess)
        reward.clamp_(min=config.reward.least)
        near = crowding(encounter.distance, costs.near_drone_range).mul_(costs.near_drone)
        column = closeness(encounter.clearance, costs.near_column_range)
        near.add_(column, alpha=costs.near_column)
        meets = onset(encounter.touching, self._touching).amax(1)  # (D, W)
        strikes = onset(encounter.at_column, self._at_column)
        event = costs.drone * meets + costs.column * strikes + costs.wall * encounter.at_wall
        event.add_(near, alpha=CONTROL_TIMESTEP)
        reward.mul_(CONTROL_TIMESTEP).add_(event.flatten(), alpha=self.penalty)
        reward.add_(encounter.on_floor.flatten(), alpha=costs.floor)
        began = (meets + strikes) > 0.0
        self.collided |= began | encounter.at_wall | encounter.on_floor
        if self.replays:
            self._replay.store(began.any(0))
        self._touching, self._at_column = encounter.touching, encounter.at_column
        return reward

    def _start_again(self, drones: Tensor) -> None:
        """Let drones (M,) that touched the floor start somewhere else in their world."""
        if drones.numel():
            self.worlds.replace(drones)
            self._reset_carry(drones)

    def _end_legs(self) -> None:
        """Draw new goals where a leg is over, and new columns where an episode is."""
        ended = (self._leg_left <= 0).nonzero()[:, 0]
        if ended.numel() == 0:
            return
        error = self.worlds.goal[:, :, ended] - self.worlds.position[:, :, ended]
        arrived = error.norm(dim=0) < self.worlds.scenario.radius_of(ended)
        self.tally.add(arrived.flatten(), self.collided[:, ended].flatten())
        over = self._elapsed[ended] >= self.max_episode_length
        self._reset(ended[over])
        self.worlds.draw_goals(ended[~over])
        self._give_time(ended[~over])

    def _reset(self, worlds: Tensor) -> None:
        """Begin new episodes in worlds (M,), some of them shortly before an earlier collision."""
        count = worlds.numel()
        if count == 0:
            return
        self._replay.forget(worlds)
        self._elapsed[worlds] = 0
        share = self.config.replay.probability if self.replays else 0.0
        draw = torch.rand(count, generator=self.generator, device=self.device)
        states = self._replay.draw(int((draw < share).sum()), self.generator)
        replayed, fresh = worlds.split((states.shape[1], count - states.shape[1]))
        self._unpack(replayed, states)
        self.worlds.reset(fresh)
        self._reset_carry(self.worlds.columns(fresh))
        self._give_time(worlds)

    def _give_time(self, worlds: Tensor) -> None:
        """Begin legs in worlds (M,)."""
        time = sample_uniform(self.config.leg_time, (worlds.numel(),), self.generator)
        self._leg_left[worlds] = (time / CONTROL_TIMESTEP).long()
        self.collided[:, worlds] = False
        self._touching[:, :, worlds] = False
        self._at_column[:, worlds] = False

    def _reset_carry(self, drones: Tensor) -> None:
        self.command[:, drones] = self.actuation.hover
        for name, initial in self._initial.items():
            self.carry[name][drones] = initial

    def _pack(self) -> Tensor:
        """Return everything that makes a world, one column a world, (rows, W)."""
        minds = torch.cat((self.command, *(value.T for value in self.carry.values())))
        return torch.cat((minds.view(-1, self.worlds.shape[1]), self.worlds.pack()))

    def _unpack(self, worlds: Tensor, rows: Tensor) -> None:
        """Make worlds (M,) what `_pack` returned of others, (rows, M)."""
        if worlds.numel() == 0:
            return
        widths = [value.shape[1] for value in self.carry.values()]
        size = (4 + sum(widths)) * self.config.drones
        minds, others = rows.split((size, rows.shape[0] - size))
        self.worlds.unpack(worlds, others)
        drones = self.worlds.columns(worlds)
        command, *carried = minds.reshape(-1, drones.numel()).split((4, *widths))
        self.command[:, drones] = command
        for value, packed in zip(self.carry.values(), carried, strict=True):
            value[drones] = packed.T

    def _observe(self) -> tuple[dict[str, Tensor], TensorDict]:
        """Measure, compute the features and advance what the policy carries."""
        inputs = self.worlds.measure()
        seen, following = self.features(inputs, self.carry)
        inputs = {**inputs, **self.carry}
        self.carry.update(following)
        state = self.worlds.fleet.state
        error = self.worlds.goal.flatten(1) - state.position
        approach = summarise_approach(
            error, state.linear_velocity, self.config.reward.nearness_radius
        )
        privileged = torch.cat((self.worlds.fleet.privileged, approach), dim=1)
        groups = {"policy": seen, "privileged": privileged}
        return inputs, TensorDict(groups, batch_size=[self.num_envs], device=self.device)


def _ramp(progress: float, share: float) -> float:
    """Return what grows from 0 to 1 over the first share of the training."""
    return 1.0 if progress >= share else progress / share
