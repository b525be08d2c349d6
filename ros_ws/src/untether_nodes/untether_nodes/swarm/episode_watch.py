"""Watches a run of a simulated swarm by its true states, and judges how each drone fared."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from rclpy.node import Node
from untether_interfaces.msg import PolicyStatus, SwarmContacts, SwarmGoals, SwarmState

from untether_hardware.swarm.outcome import SwarmOutcome
from untether_hardware.swarm.state import Flags, Floats
from untether_hardware.swarm.state import SwarmContacts as Contacts
from untether_hardware.swarm.tally import SwarmTally
from untether_nodes import qos
from untether_nodes.conversions import to_seconds
from untether_nodes.loop import LoopGroup

_PERIOD = 0.01  # [s] between two samples of a simulator


@dataclass(frozen=True)
class RunRecord:
    """What was seen of a run; drones are in the order of their names.

    Attributes:
        positions: True positions, (samples, drones, 3) [m] map.
        touched: What was touched in the period before each: drone, column, wall, floor;
            (samples, 4, drones).
        goal: Where the drones were sent, which stands still, (drones, 3) [m] map; not a number for
            who was not flown.
        radius: Distance that counts as arrived [m].
    """

    positions: Floats
    touched: Flags
    goal: Floats
    radius: float

    def judge(self) -> SwarmOutcome:
        """Return how each drone fared."""
        tally = SwarmTally(self.positions[0], self.radius, _PERIOD)
        for position, touched in zip(self.positions[1:], self.touched[1:], strict=True):
            tally.observe(position, self.goal, Contacts(*touched))
        return tally.finish()


class EpisodeWatch:
    """Collects what a simulator tells of a run; drones are matched by name."""

    def __init__(self, node: Node, group: LoopGroup, names: Sequence[str]) -> None:
        """Subscribe.

        Args:
            node: Who subscribes, in the swarm's namespace.
            group: The callback group of its loop.
            names: The drones.
        """
        self._names = list(names)
        self._start = np.inf  # [s] of the run
        self._end = np.inf  # [s] likewise
        self.clear()
        listen = partial(node.create_subscription, callback_group=group)
        listen(SwarmState, "ground_truth/states", self._on_truth, qos.LOG)
        listen(SwarmContacts, "ground_truth/contacts", self._on_contacts, qos.LOG)
        listen(SwarmGoals, "goals", self._on_goals, qos.LOG)
        listen(PolicyStatus, "policy_status", self._on_status, qos.LATCHED)

    @property
    def complete(self) -> bool:
        """Whether the run has begun and ended, and all samples of it have come."""
        last = min(max(self._positions, default=0.0), max(self._touched, default=0.0))
        return self._start < self._end <= last

    def clear(self) -> None:
        """Forget everything, before a run."""
        self._start = self._end = np.inf
        self._positions: dict[float, Floats] = {}
        self._touched: dict[float, Flags] = {}
        self._goals: list[tuple[float, SwarmGoals]] = []

    def read(self) -> RunRecord | None:
        """Return what was seen from the start of the run to its end, or None when it was not.

        A sample that has got lost is left out.
        """
        stamps = [
            stamp
            for stamp in sorted(self._positions)
            if self._start <= stamp <= self._end and stamp in self._touched
        ]
        if len(stamps) < 2:
            return None
        goal = np.full((len(self._names), 3), np.nan)
        radius = np.nan
        for stamp, message in self._goals:
            if not self._start < stamp <= self._end:
                continue
            radius = message.radius
            for name, place in zip(
                message.names, np.reshape(message.position, (-1, 3)), strict=True
            ):
                row = self._names.index(name)
                if np.isnan(goal[row, 0]):
                    goal[row] = place
        return RunRecord(
            positions=np.array([self._positions[stamp] for stamp in stamps]),
            touched=np.array([self._touched[stamp] for stamp in stamps]),
            goal=goal,
            radius=radius,
        )

    def _on_truth(self, message: SwarmState) -> None:
        order = self._order(list(message.names))
        positions = np.array(message.position).reshape(-1, 3)[order]
        self._positions[to_seconds(message.header.stamp)] = positions

    def _on_contacts(self, message: SwarmContacts) -> None:
        flags = np.array([message.drone, message.column, message.wall, message.floor], dtype=bool)
        self._touched[to_seconds(message.header.stamp)] = flags[:, self._order(list(message.names))]

    def _on_goals(self, message: SwarmGoals) -> None:
        self._goals.append((to_seconds(message.header.stamp), message))

    def _on_status(self, message: PolicyStatus) -> None:
        stamp = to_seconds(message.header.stamp)
        if message.running:
            self._start, self._end = stamp, np.inf
        else:
            self._end = stamp

    def _order(self, names: Sequence[str]) -> list[int]:
        return [names.index(name) for name in self._names]
