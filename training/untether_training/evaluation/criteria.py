"""When an episode of a quadrotor task counts as a success.

The one place for these definitions: the trainer's quick evaluation, ``untether eval`` and the
cards all judge by them. ``Judge`` applies them to a running batch of episodes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

AIRBORNE_HEIGHT = 0.10  # [m] map: a drone that was above this has taken off
GROUND_HEIGHT = 0.05  # [m] map: below this a drone that had taken off touches the ground
FLIP_TILT = math.pi / 2  # [rad]: beyond this the rotors push downwards
LOST_DISTANCE = 10.0  # [m] from the goal: the drone has flown away


class Goal(Enum):
    """What has to be true of the distance to the goal."""

    ARRIVE = "arrive"
    """Within ``radius`` for ``window`` seconds without a break, at any time; ends the episode."""
    HOLD = "hold"
    """Within ``radius`` and ``max_tilt`` during the whole last ``window`` of the episode."""
    TRACK = "track"
    """Mean distance to the moving goal over the last ``window`` at most ``radius``."""


@dataclass(frozen=True)
class Criteria:
    """The success criterion of one task.

    In all tasks an episode fails when the drone touches the ground after take-off, turns over
    (unless ``may_flip``), flies 10 m away from its goal or has a state that is not finite.

    Attributes:
        goal: What has to be true of the distance to the goal.
        radius: Distance between the drone's centre and the goal [m].
        window: How long that must hold [s].
        time_limit: Length of an episode [s].
        max_tilt: Largest angle between the drone's z axis and the vertical in the window [rad].
        may_flip: Whether tilting beyond 90 degrees is allowed, as after a throw.
    """

    goal: Goal
    radius: float
    window: float
    time_limit: float
    max_tilt: float = math.pi
    may_flip: bool = False


CRITERIA: Mapping[str, Criteria] = MappingProxyType(
    {
        "waypoint": Criteria(Goal.ARRIVE, radius=0.15, window=0.5, time_limit=6.0),
        "hover": Criteria(
            Goal.HOLD,
            radius=0.30,
            window=1.0,
            time_limit=6.0,
            max_tilt=math.radians(10.0),
            may_flip=True,
        ),
        "figure_eight": Criteria(Goal.TRACK, radius=0.15, window=10.0, time_limit=15.0),
    }
)
"""The criterion of each task, by the task's name."""
