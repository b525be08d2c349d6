"""Worlds with a swarm in each: what flies, where to, among what, and what it measures."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.swarm.config import SwarmConfig
from untether_training.swarm.course import Course
from untether_training.swarm.goals import MixedGoals, RandomGoals, Scenario, SharedGoal
from untether_training.swarm.interaction import Encounter, interact
from untether_training.swarm.neighbours import select_neighbours
from untether_training.swarm.obstacles import ObstacleView, measure_obstacles
from untether_training.tasks.fleet import CONTROL_TIMESTEP, Fleet
from untether_training.tasks.starts import FlyingStart, sample_flying

_START = FlyingStart(tilt=0.2, speed=0.3, rate=0.3, thrust=(0.4, 0.65))

MakeScenario = Callable[[Course, int, torch.Generator], Scenario]


def training_scenario(course: Course, drones: int, generator: torch.Generator) -> Scenario:
    """Return what policies are trained on: goals of their own, or one for all."""
    return MixedGoals([kind(course, drones, generator) for kind in (RandomGoals, SharedGoal)])


class SwarmWorlds:
    """W worlds of D drones each; drone d of world w is column d * W + w of the fleet.

    Attributes:
        shape: D and W.
        fleet: All drones.
        course: The columns of the worlds.
        scenario: Where the drones are sent.
        goal: (3, D, W) [m] map.
        obstacles: What the drones see of the columns.

    Args:
        config: Of the task.
        description: The robot.
        worlds: Number of worlds, W.
        generator: Where all randomness comes from; also names the device.
        make_scenario: Returns the scenario.
        obstacles: What the drones see of the columns.
    """

    def __init__(
        self,
        config: SwarmConfig,
        description: QuadrotorDescription,
        worlds: int,
        generator: torch.Generator,
        make_scenario: MakeScenario = training_scenario,
        obstacles: ObstacleView = ObstacleView.field,
    ) -> None:
        self.config = config
        self.generator = generator
        self.obstacles = obstacles
        self.shape = (config.drones, worlds)
        count = config.drones * worlds
        self.fleet = Fleet(description, config.randomisation, config.noise, count, generator)
        self.course = Course(config.course, worlds, generator)
        self.scenario = make_scenario(self.course, config.drones, generator)
        self.goal = torch.zeros(3, *self.shape, device=generator.device)

    @property
    def position(self) -> Tensor:
        """(3, D, W) [m] map; where the drones are."""
        return self.fleet.state.position.unflatten(1, self.shape)

    def columns(self, worlds: Tensor) -> Tensor:
        """Return the fleet's columns of all drones of worlds (M,), (D * M,)."""
        drones, count = self.shape
        first = torch.arange(drones, device=worlds.device)[:, None] * count
        return (first + worlds).flatten()

    def reset(self, worlds: Tensor) -> None:
        """Draw columns, drones, starts and goals for worlds (M,)."""
        self.course.reset(worlds)
        places = self.course.sample_free(worlds, self.shape[0]).flatten(1)
        start = sample_flying(_START, places, self.generator)
        self.fleet.reset(self.columns(worlds), start)
        self.draw_goals(worlds)

    def draw_goals(self, worlds: Tensor) -> None:
        """Draw goals for worlds (M,)."""
        self.goal[:, :, worlds] = self.scenario.sample(worlds)

    def replace(self, drones: Tensor) -> None:
        """Let new drones start somewhere in the worlds of the fleet's columns (M,)."""
        places = self.course.sample_free(drones % self.shape[1], 1)[:, 0]
        self.fleet.reset(drones, sample_flying(_START, places, self.generator))

    def fly(self, command: Tensor) -> Encounter:
        """Fly for one control period, and say who met whom.

        Args:
            command: (4, N) [1] thrust over the largest, sent now.
        """
        contacts = self.fleet.fly(command)
        touching = torch.stack([contact.touching for contact in contacts]).any(0)
        encounter = interact(
            self.fleet.state, self.course, touching, CONTROL_TIMESTEP, self.generator
        )
        self.goal = self.scenario.advance(self.goal, CONTROL_TIMESTEP)
        return encounter

    def measure(self) -> dict[str, Tensor]:
        """Return what all policies are told, by name, (N, *shape) each; see `SwarmFeatures`."""
        inputs = self.fleet.measure()
        position = inputs["position"].T.unflatten(1, self.shape)
        velocity = inputs["linear_velocity"].T.unflatten(1, self.shape)
        apart, moving = select_neighbours(position, velocity, self.config.neighbours)
        return {
            **inputs,
            "goal_position": self.goal.flatten(1).T,
            "neighbour_position": apart.flatten(2).permute(2, 0, 1),
            "neighbour_velocity": moving.flatten(2).permute(2, 0, 1),
            **measure_obstacles(self.obstacles, position, self.course),
        }

    def pack(self) -> Tensor:
        """Return everything that makes a world, one column a world, (rows, W)."""
        drones = torch.cat((self.fleet.pack(), self.goal.flatten(1)))
        return torch.cat((drones.view(-1, self.shape[1]), self.course.pack(), self.scenario.state))

    def unpack(self, worlds: Tensor, rows: Tensor) -> None:
        """Make worlds (M,) what `pack` returned of others, (rows, M)."""
        sizes = (self.course.rows, self.scenario.rows)
        drones, course, scenario = rows.split((rows.shape[0] - sum(sizes), *sizes))
        self.course.unpack(worlds, course)
        self.scenario.state[:, worlds] = scenario
        drones = drones.reshape(-1, self.shape[0] * worlds.numel())
        fleet, goal = drones.split((drones.shape[0] - 3, 3))
        self.fleet.unpack(self.columns(worlds), fleet)
        self.goal[:, :, worlds] = goal.view(3, self.shape[0], -1)
