"""Tells where the policy flies the drones: at 10 Hz, and at once when a goal jumps."""

from collections.abc import Sequence
from itertools import compress

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.publisher import Publisher
from untether_interfaces.msg import SwarmGoals

from untether_hardware.swarm.state import Flags, Floats
from untether_nodes.conversions import MAP, copy_stamp, to_seconds
from untether_nodes.swarm.row_writer import to_floats

_PERIOD = 0.1  # [s]
_JUMP = 0.2  # [m] by which a goal changes so much that it is told at once


class GoalTeller:
    """Publishes the goals of the drones that are flown."""

    def __init__(self, publisher: Publisher[SwarmGoals], names: Sequence[str]) -> None:
        """Create a teller that has told nothing.

        Args:
            publisher: Of the topic ``goals``.
            names: The drones, in the order of the rows.
        """
        self._publisher = publisher
        self._names = names
        self._message = SwarmGoals()
        self._message.header.frame_id = MAP
        self._stamp = -1.0  # [s] of the last message
        self._flying = np.zeros(len(names), dtype=bool)
        self._goal = np.zeros((len(names), 3))

    def tell(self, stamp: Time, flying: Flags, goal: Floats, radius: float) -> bool:
        """Publish the goals when it is time; return whether a period has passed.

        Args:
            stamp: When they hold.
            flying: Who is flown, (drones,).
            goal: (drones, 3) [m] map.
            radius: Distance that counts as arrived [m].
        """
        now = to_seconds(stamp)
        due = not 0.0 <= now - self._stamp < 0.99 * _PERIOD
        moved = np.abs(goal - self._goal)[flying].max(initial=0.0)
        if not due and moved <= _JUMP and np.array_equal(flying, self._flying):
            return False
        self._goal, self._flying = goal.copy(), flying
        message = self._message
        copy_stamp(stamp, message.header.stamp)
        message.names = list(compress(self._names, flying))
        message.position = to_floats(goal[flying])
        message.radius = radius
        self._publisher.publish(message)
        if due:
            self._stamp = now
        return due
