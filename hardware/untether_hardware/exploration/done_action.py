"""What an arm was really told between two sets of pictures, as an action of its task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from untether_hardware.datasets.features import Commander
from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.twist import STILL, ToolTwist
from untether_hardware.manipulation.action import scale_twist
from untether_hardware.manipulation.config import ManipulationConfig


@dataclass(frozen=True, eq=False)
class DoneAction:
    """What was done for a period.

    Attributes:
        action: (7,) float32 [1], clipped to what a policy may ask for.
        commander: Who commanded for most of the time.
        toggled: Whether the gripper changed its direction.
    """

    action: NDArray[np.float32]
    commander: Commander
    toggled: bool


@dataclass(frozen=True, eq=False)
class _Setpoint:
    stamp: float
    commander: Commander
    twist: ToolTwist


class DoneActions:
    """Follows what the safety stage tells the arm.

    A setpoint counts from the state that it answers. So a policy's counts for the whole period,
    even though it took a moment to compute. An operator, who commands more often, gives several in
    a period: their mean over the time counts.

    Args:
        config: Of the task, with period and scales.
        closed: Whether the gripper is closed at first.
    """

    def __init__(self, config: ManipulationConfig, *, closed: bool) -> None:
        self._config = config
        self._direction = GripperCommand.CLOSE if closed else GripperCommand.OPEN
        self._setpoints: list[_Setpoint] = []

    def add(self, stamp: float, commander: Commander, twist: ToolTwist) -> None:
        """Take in what the arm is told, in the order in which it is.

        Args:
            stamp: Of the state that it answers [s].
            commander: Who asked for it.
            twist: What came of it after all limits.
        """
        # What answers an older state but comes later takes the place of what was told meanwhile.
        while self._setpoints and self._setpoints[-1].stamp >= stamp:
            self._setpoints.pop()
        self._setpoints.append(_Setpoint(stamp, commander, twist))

    def take(self, start: float, stop: float) -> DoneAction:
        """Return what was done in a period, and forget what was before.

        Args:
            start: Stamp of its first state [s].
            stop: Stamp of the state after it [s].
        """
        earlier = [point for point in self._setpoints if point.stamp < start]
        within = [point for point in self._setpoints if start <= point.stamp < stop]
        before = earlier[-1:] or [_Setpoint(start, Commander.NONE, STILL)]
        self._setpoints = [point for point in self._setpoints if point.stamp >= stop]
        self._setpoints[:0] = (before + within)[-1:]
        points = before + within
        edges = np.array([start, *(point.stamp for point in within), stop])
        shares = np.diff(edges) / (stop - start)
        spent = {point.commander: 0.0 for point in points}
        for point, share in zip(points, shares, strict=True):
            spent[point.commander] += share
        commands = [point.twist.gripper for point in within if point.twist.gripper]
        toggled = False
        for command in commands:
            toggled |= command != self._direction
            self._direction = command
        twist = ToolTwist(
            np.average([point.twist.linear for point in points], axis=0, weights=shares),
            np.average([point.twist.angular for point in points], axis=0, weights=shares),
            commands[-1] if commands else GripperCommand.STAY,
        )
        action = scale_twist(twist, self._config).clip(-1.0, 1.0)
        return DoneAction(action, max(spent, key=lambda one: spent[one]), toggled)
