"""Where the drones of a swarm are sent; scenarios and radii of Huang et al. 2024 (2309.13285)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from untether_training.swarm.course import Course
from untether_training.tasks.randomisation import Range, sample_direction, sample_uniform

_CHANGE_TIME: Range = (4.0, 6.0)
"""Time between two changes of the goals [s]."""
_SHARED_HEIGHT: Range = (1.5, 3.0)
"""Height of a goal that all share [m] map."""


class Scenario(ABC):
    """Gives the drones of a world their goals, and moves them.

    Attributes:
        radius: Distance to the goal that counts as arrived [m].
        rows: Numbers that the scenario itself knows of each world.
        state: (rows, W); these numbers.

    Args:
        course: The worlds.
        drones: Drones in each world, D.
        generator: Where all randomness comes from.
    """

    radius: float
    rows = 0

    def __init__(self, course: Course, drones: int, generator: torch.Generator) -> None:
        self.course = course
        self.drones = drones
        self.generator = generator
        self.state: Tensor = course.radius.new_zeros(self.rows, course.radius.numel())

    @abstractmethod
    def sample(self, worlds: Tensor) -> Tensor:
        """Return the first goals of worlds (M,), (3, D, M) [m] map."""

    def advance(self, goal: Tensor, timestep: float) -> Tensor:
        """Return where the goals (3, D, W) [m] map are after a time [s]."""
        return goal

    def radius_of(self, worlds: Tensor) -> Tensor:
        """Return the radius of worlds (M,), (M,) [m]."""
        return torch.full(worlds.shape, self.radius, device=worlds.device)

    def _uniform(self, bounds: Range, *shape: int) -> Tensor:
        return sample_uniform(bounds, shape, self.generator)


class RandomGoals(Scenario):
    """Each drone has a free cell of its own (`o_random`)."""

    radius = 0.5

    def sample(self, worlds: Tensor) -> Tensor:
        """Return a free place for each drone."""
        return self.course.sample_free(worlds, self.drones)


class SharedGoal(Scenario):
    """All go to the middle of the largest clearing (`o_static_same_goal`)."""

    radius = 1.0

    def sample(self, worlds: Tensor) -> Tensor:
        """Return the clearing's middle for all drones."""
        centre, _ = self.course.find_clearing(worlds)
        height = self._uniform(_SHARED_HEIGHT, 1, worlds.numel())
        goal = torch.cat((centre, height))[:, None]
        return goal.expand(-1, self.drones, -1).clone()


class _ChangingGoals(Scenario):
    """Goals that change every few seconds; the state is the time left [s]."""

    radius = 1.0
    rows = 1

    def __init__(self, course: Course, drones: int, generator: torch.Generator) -> None:
        super().__init__(course, drones, generator)
        self.state.copy_(self._uniform(_CHANGE_TIME, *self.state.shape))

    def advance(self, goal: Tensor, timestep: float) -> Tensor:
        """Change the goals whose time has come."""
        self.state -= timestep
        due = (self.state[0] <= 0.0).nonzero()[:, 0]
        if due.numel() == 0:
            return goal
        self.state[0, due] = self._uniform(_CHANGE_TIME, due.numel())
        return goal.index_copy(2, due, self._change(goal[:, :, due], due))

    @abstractmethod
    def _change(self, goal: Tensor, worlds: Tensor) -> Tensor:
        """Return the next goals of worlds (M,) that have these now, (3, D, M) [m] map."""


class SwappedGoals(_ChangingGoals):
    """A circle of goals about the clearing, shuffled every 4 to 6 s (`o_swap_goals`)."""

    spacing = 0.5
    """Least distance between two goals of the circle [m]."""

    def sample(self, worlds: Tensor) -> Tensor:
        """Return a horizontal circle of goals, in random order."""
        centre, _ = self.course.find_clearing(worlds)
        angle = torch.arange(self.drones, device=centre.device) * (2.0 * torch.pi / self.drones)
        radius = 0.5 * self.spacing / torch.sin(torch.tensor(torch.pi / max(self.drones, 2)))
        circle = radius * torch.stack((angle.cos(), angle.sin()))  # (2, D) [m]
        across = centre[:, None] + circle[:, :, None]
        height = self._uniform(_SHARED_HEIGHT, 1, 1, worlds.numel())
        goal = torch.cat((across, height.expand(-1, self.drones, -1)))
        return self._change(goal, worlds)

    def _change(self, goal: Tensor, worlds: Tensor) -> Tensor:
        draw = self._uniform((0.0, 1.0), self.drones, worlds.numel())
        return goal.gather(1, draw.argsort(dim=0).expand(3, -1, -1))


class JumpingGoal(_ChangingGoals):
    """A shared goal that jumps up to 4 m every 4 to 6 s (`o_dynamic_same_goal`)."""

    reach = 4.0
    """Longest jump [m]."""

    def sample(self, worlds: Tensor) -> Tensor:
        """Return a free place that all drones share."""
        return self.course.sample_free(worlds, 1).expand(-1, self.drones, -1).clone()

    def _change(self, goal: Tensor, worlds: Tensor) -> Tensor:
        choices = self.course.sample_free(worlds, self.course.config.cells**2)
        near = (choices - goal[:, :1]).square().sum(0) < self.reach**2  # (cells, M)
        chosen = near.float().argmax(0).expand(3, 1, -1)
        return choices.gather(1, chosen).expand(-1, self.drones, -1)


class Pursuit(Scenario):
    """All chase one goal along Bezier curves of 6 s each (`o_ep_rand_bezier`).

    The state is the time on the curve [s] and its four control points, one after the other [m] map.
    """

    radius = 1.0
    rows = 13
    period = 6.0
    """Time for a curve [s]."""
    bend = 1.0
    """Largest distance of a control point from the straight line [m]."""

    def sample(self, worlds: Tensor) -> Tensor:
        """Return where the curves start."""
        start = self.course.sample_free(worlds, 1)
        self._begin(worlds, start[:, 0])
        return start.expand(-1, self.drones, -1).clone()

    def advance(self, goal: Tensor, timestep: float) -> Tensor:
        """Move the goal on along its curve."""
        self.state[0] += timestep
        due = (self.state[0] >= self.period).nonzero()[:, 0]
        if due.numel():
            self._begin(due, self.state[10:, due])
        t = self.state[0] / self.period  # (W,) [1]
        weights = torch.stack(((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3))
        points = self.state[1:].unflatten(0, (4, 3))
        place = (points * weights[:, None]).sum(0)  # (3, W) [m]
        return place[:, None].expand_as(goal).clone()

    def _begin(self, worlds: Tensor, start: Tensor) -> None:
        """Start curves from places (3, M) to free cells."""
        end = self.course.sample_free(worlds, 1)[:, 0]
        count = worlds.numel()
        inner = []
        for share in (1.0 / 3.0, 2.0 / 3.0):
            aside = sample_direction(count, self.generator)
            aside = aside * self._uniform((0.0, self.bend), count)
            inner.append(start + share * (end - start) + aside)
        begun = torch.zeros_like(start[:1])
        self.state[:, worlds] = torch.cat((begun, start, *inner, end))


class MixedGoals(Scenario):
    """One of several scenarios for each world, drawn anew with its goals.

    The state is the number of the scenario.

    Args:
        scenarios: To choose from, all with equal chance; their goals stand still.
    """

    rows = 1

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        first = scenarios[0]
        super().__init__(first.course, first.drones, first.generator)
        self.scenarios = scenarios

    def radius_of(self, worlds: Tensor) -> Tensor:
        """Return the radius of each world's own scenario, (M,) [m]."""
        radii = torch.tensor([one.radius for one in self.scenarios], device=worlds.device)
        return radii[self.state[0, worlds].long()]

    def sample(self, worlds: Tensor) -> Tensor:
        """Draw a scenario for each world, and return its goals."""
        draw = self._uniform((0.0, len(self.scenarios)), worlds.numel()).long()
        self.state[0, worlds] = draw.to(self.state.dtype)
        goals = torch.stack([scenario.sample(worlds) for scenario in self.scenarios])
        return goals.gather(0, draw.expand(1, 3, self.drones, -1))[0]
