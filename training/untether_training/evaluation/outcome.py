"""How episodes ended, and the figures of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Outcome(IntEnum):
    """How an episode ended."""

    RUNNING = 0
    SUCCESS = 1
    TIMEOUT = 2
    """The time was up and the criterion did not hold."""
    GROUND = 3
    """Touched the ground after take-off."""
    FLIPPED = 4
    """Tilted beyond 90 degrees in a task that starts upright."""
    LOST = 5
    """Flew away from the goal, or its state was not finite."""


@dataclass(frozen=True)
class Episodes:
    """The figures of a batch of episodes; entries are NaN where a figure does not apply."""

    outcome: npt.NDArray[np.int64]  # (episodes,) values of Outcome
    time_to_goal: Floats  # (episodes,) [s] start of the stay that counted; NaN without success
    final_distance: Floats  # (episodes,) [m] between drone and goal at the end
    mean_speed: Floats  # (episodes,) [m/s]
    peak_speed: Floats  # (episodes,) [m/s]
    tracking_error: Floats  # (episodes,) [m] mean distance to the goal over the scored window

    @property
    def count(self) -> int:
        """How many episodes there are."""
        return len(self.outcome)

    def tally(self, outcome: Outcome) -> int:
        """Return how many episodes ended in this way."""
        return int(np.count_nonzero(self.outcome == outcome))

    @staticmethod
    def join(parts: "Sequence[Episodes]") -> "Episodes":
        """Return the episodes of several batches as one batch."""
        return Episodes(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in Episodes.__dataclass_fields__
            }
        )
