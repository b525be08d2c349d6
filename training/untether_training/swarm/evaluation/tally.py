"""What counts in an episode of a swarm; the definitions of Huang et al. 2024 (2309.13285)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import torch
from torch import Tensor

GRACE = 1.5
"""Time after the start during which collisions do not count [s]."""

_ARRIVAL_STEPS = 5
"""Control steps over which the distance to the goal is averaged."""

_FINAL_TIME = 1.0
"""Time before the end over which the final distance is averaged [s]."""


@dataclass(frozen=True)
class SwarmEpisodes:
    """How each drone of each episode fared; all fields are (D, W).

    Attributes:
        arrived: Whether it came within the goal's radius.
        hit_drone: Whether it touched another drone.
        hit_room: Whether it touched a column, a wall, the ceiling or the floor.
        final_distance: Mean distance to its goal over the last second [m].
        way: Length of its flight [m].
    """

    arrived: Tensor
    hit_drone: Tensor
    hit_room: Tensor
    final_distance: Tensor
    way: Tensor

    @property
    def collided(self) -> Tensor:
        """Whether a drone touched anything."""
        return self.hit_drone | self.hit_room

    @property
    def succeeded(self) -> Tensor:
        """Whether a drone arrived and touched nothing in the whole episode."""
        return self.arrived & ~self.collided

    @property
    def stuck(self) -> Tensor:
        """Whether a drone touched nothing and did not arrive: a deadlock."""
        return ~self.arrived & ~self.collided


class SwarmTally:
    """Watches W episodes of D drones, one call a control step.

    Args:
        radius: (W,) [m]; distance to the goal that counts as arrived.
        position: (3, D, W) [m] map; at the start.
        steps: Control steps of an episode.
        timestep: Of a control step [s].
    """

    def __init__(self, radius: Tensor, position: Tensor, steps: int, timestep: float) -> None:
        self._radius = radius
        self._position = position.clone()
        self._grace = round(GRACE / timestep)
        self._last = steps - round(_FINAL_TIME / timestep)
        self._step = 0
        self._recent: deque[Tensor] = deque(maxlen=_ARRIVAL_STEPS)
        self._arrived = torch.zeros(position.shape[1:], dtype=torch.bool, device=position.device)
        self._hit_drone, self._hit_room = self._arrived.clone(), self._arrived.clone()
        self._way = torch.zeros(position.shape[1:], device=position.device)
        self._final: list[Tensor] = []

    def observe(self, position: Tensor, goal: Tensor, touching: Tensor, at_room: Tensor) -> None:
        """Take in what happened in a control step.

        Args:
            position: (3, D, W) [m] map; true.
            goal: (3, D, W) [m] map.
            touching: (D, D, W) bool; which drones touch which.
            at_room: (D, W) bool; who touches a column, a wall, the ceiling or the floor.
        """
        if self._step >= self._grace:
            self._hit_drone |= touching.any(1)
            self._hit_room |= at_room
        distance = (goal - position).square().sum(0).sqrt()  # (D, W) [m]
        self._recent.append(distance)
        if len(self._recent) == _ARRIVAL_STEPS:
            self._arrived |= torch.stack(tuple(self._recent)).mean(0) < self._radius
        self._way += (position - self._position).square().sum(0).sqrt()
        self._position = position.clone()
        if self._step >= self._last:
            self._final.append(distance)
        self._step += 1

    def episodes(self) -> SwarmEpisodes:
        """Return how the drones fared."""
        final = torch.stack(self._final).mean(0)
        return SwarmEpisodes(self._arrived, self._hit_drone, self._hit_room, final, self._way)
