"""Replay of collisions: worlds start again shortly before something went wrong.

The method of Huang et al. 2024 (2309.13285), for many worlds at once: their states are kept for a
few seconds, and that of 1.5 s before a collision goes to a pool from which some episodes start.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ReplayConfig:
    """How collisions are kept and replayed.

    Attributes:
        probability: Share of the episodes that start from the pool, once there is something in it.
        period: Time between two states that are kept [s].
        rewind: How long before the collision a replay starts [s]; a multiple of `period`.
        pause: Least time between two states of a world that go to the pool [s].
        uses: Replays after which a state is dropped.
        slots: States in the pool for each world.
    """

    probability: float = 0.75
    period: float = 0.5
    rewind: float = 1.5
    pause: float = 5.0
    uses: int = 10
    slots: int = 4


class CollisionReplay:
    """States of worlds before their collisions.

    A state is a tensor (rows, M) with one column a world, however the environment packs it.

    Args:
        config: How many and for how long.
        rows: Numbers that make up a world.
        worlds: Number of worlds, W.
        timestep: Time between two calls of `observe` [s].
        device: Where the states live.
    """

    def __init__(
        self,
        config: ReplayConfig,
        rows: int,
        worlds: int,
        timestep: float,
        device: torch.device | str = "cpu",
    ) -> None:
        self.config = config
        self.period = round(config.period / timestep)
        """Control steps between two states that are kept."""
        depth = round(config.rewind / config.period) + 1
        self._pause = round(config.pause / timestep)
        self._history = torch.zeros(depth, rows, worlds, device=device)
        self._kept = torch.zeros(worlds, dtype=torch.long, device=device)
        self._wait = torch.zeros(worlds, dtype=torch.long, device=device)
        capacity = config.slots * worlds
        self._pool = torch.zeros(rows, capacity, device=device)
        self._uses = torch.full((capacity,), config.uses, dtype=torch.long, device=device)
        self._next = 0

    @property
    def stored(self) -> int:
        """States in the pool that may be replayed."""
        return int((self._uses < self.config.uses).sum())

    def keep(self, states: Tensor) -> None:
        """Keep the states (rows, W) of all worlds; to be called every `period` steps."""
        self._history = self._history.roll(1, 0)
        self._history[0] = states
        self._kept += 1
        self._wait -= self.period

    def forget(self, worlds: Tensor) -> None:
        """Begin anew for worlds (M,) whose episodes start."""
        self._kept[worlds] = 0
        self._wait[worlds] = 0

    def store(self, collided: Tensor) -> None:
        """Put worlds into the pool, as they were some time before.

        Args:
            collided: (W,) bool; where drones have just collided.
        """
        depth = self._history.shape[0]
        known = collided & (self._kept >= depth) & (self._wait <= 0)
        worlds = known.nonzero()[:, 0]
        count = worlds.numel()
        if count == 0:
            return
        self._wait[worlds] = self._pause
        capacity = self._uses.numel()
        places = (torch.arange(count, device=worlds.device) + self._next) % capacity
        self._next = (self._next + count) % capacity
        self._pool[:, places] = self._history[depth - 1][:, worlds]
        self._uses[places] = 0

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return states from the pool, (rows, K) with K at most `count`."""
        usable = (self._uses < self.config.uses).nonzero()[:, 0]
        if usable.numel() == 0:
            return self._pool[:, :0]
        draw = torch.rand(count, generator=generator, device=usable.device)
        places = usable[(draw * usable.numel()).long()]
        self._uses[places] += 1
        return self._pool[:, places]

    def state_dict(self) -> dict[str, Tensor | int]:
        """Return all that changes."""
        return {
            "history": self._history,
            "kept": self._kept,
            "wait": self._wait,
            "pool": self._pool,
            "uses": self._uses,
            "next": self._next,
        }

    def load_state_dict(self, state: dict[str, Tensor | int]) -> None:
        """Take over what `state_dict` returned."""
        position = state["next"]
        for name, own in self.state_dict().items():
            other = state[name]
            if isinstance(own, Tensor) and isinstance(other, Tensor):
                own.copy_(other)
        self._next = int(position)
