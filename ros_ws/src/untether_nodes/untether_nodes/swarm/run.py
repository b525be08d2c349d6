"""One run of a swarm: goals that may move, for a time, and how each drone fares."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from untether_hardware.swarm.goals import Goals
from untether_hardware.swarm.state import Flags, Floats, SwarmContacts
from untether_hardware.swarm.tally import SwarmTally


class RunCode(IntEnum):
    """How a run ended; the values of ``untether_interfaces/action/RunSwarm``."""

    NONE = 0
    NO_POLICY = 100
    INVALID_GOAL = 101
    NOT_FLYING = 102
    CANCELED = 104
    FAULT = 105
    STATE_LOST = 107
    PREEMPTED = 108


class SwarmRun:
    """Follows some drones of a swarm for a time; time counts from the first stamp on.

    Attributes:
        rows: Who set out, (started,) rows of the swarm.
        goals: Where to.
        duration: How long [s].
        elapsed: Time since the start [s].
        lost: Whether each was taken from the policy, (started,).
        ticks: Samples so far.
    """

    def __init__(
        self, rows: NDArray[np.intp], goals: Goals, duration: float, period: float
    ) -> None:
        """Begin.

        Args:
            rows: Who sets out, (started,) rows of the swarm.
            goals: Where to, one for each of them.
            duration: How long [s].
            period: Between two samples [s].
        """
        self.rows = rows
        self.goals = goals
        self.duration = duration
        self.elapsed = 0.0
        self.lost: Flags = np.zeros(len(rows), dtype=bool)
        self.ticks = 0
        self._period = period
        self._start: float | None = None
        self._tally: SwarmTally | None = None
        self._untouched = SwarmContacts(*np.zeros((4, len(rows)), dtype=bool))
        self._distance = np.full(len(rows), np.nan)

    @property
    def flown(self) -> NDArray[np.intp]:
        """Who is still flown, rows of the swarm."""
        return self.rows[~self.lost]

    @property
    def over(self) -> bool:
        """Whether the time has been flown to its end."""
        return self.elapsed >= self.duration - 0.5 * self._period

    @property
    def mean_distance(self) -> float:
        """Of those who are still flown to their goals [m]; zero before the first sample."""
        distance = self._distance[~self.lost]
        return float(distance.mean()) if self.ticks and len(distance) else 0.0

    def advance(self, stamp: float) -> Floats:
        """Move the goals on to a time; return them, (started, 3) [m] map.

        Args:
            stamp: Of a sample [s].
        """
        if self._start is None:
            self._start = stamp
        elapsed = stamp - self._start
        if elapsed > self.elapsed:
            self.goals.advance(elapsed - self.elapsed)
            self.elapsed = elapsed
        return self.goals.position

    def observe(self, position: Floats) -> None:
        """Take in where the drones were at the time of the last ``advance``.

        Args:
            position: Of all drones of the swarm, (drones, 3) [m] map.
        """
        place = position[self.rows]
        if self._tally is None:
            self._tally = SwarmTally(place, self.goals.radius, self._period)
        self._tally.observe(place, self.goals.position, self._untouched)
        self._distance = np.linalg.norm(place - self.goals.position, axis=1)
        self.ticks += 1

    def read_progress(self) -> tuple[Flags, Floats]:
        """Return whether each drone has arrived, and its final distance [m], (started,) each.

        Who is not flown any more has not arrived. The distance is not a number before the first
        sample.
        """
        if self._tally is None:
            return np.zeros(len(self.rows), dtype=bool), self._distance
        outcome = self._tally.finish()
        return outcome.arrived & ~self.lost, outcome.final_distance


@dataclass(frozen=True)
class RunEnding:
    """How a run ended.

    Attributes:
        code: Of ``untether_interfaces/action/RunSwarm``.
        text: What happened, for people.
        run: Its last figures.
    """

    code: RunCode
    text: str
    run: SwarmRun
