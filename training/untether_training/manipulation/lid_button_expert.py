"""A scripted expert of limited skill, which swings a lid aside and presses the button under it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.state import GripperCommand
from untether_hardware.manipulation.lid_button import LidButton
from untether_training.manipulation.environment import Action
from untether_training.manipulation.scripted_expert import ScriptedExpert

_BESIDE = 0.035  # [m] from the knob's middle, where the fingers go down beside it
_TOUCHING = 0.050  # [m] from the knob's middle, within which it pushes
_ASIDE = 0.016  # [m] by which it may miss the knob's middle while it pushes
_LOW = 0.012  # [m] of the fingertips below the knob's top while it pushes
_DEEP = 0.006  # [m] below the knob's top from which on the fingers are beside it
_CLEAR = 0.020  # [m] of the fingertips above the knob's top on the way
_AHEAD = 0.030  # [m] by which the hand leads the knob
_ALIGNED = 0.010  # [m] horizontal error with which it presses
_OPENED = 0.15  # [rad] beyond what is needed, until which it pushes on


class LidButtonExpert(ScriptedExpert[LidButton]):
    """Goes down beside the knob, pushes it along its arc, comes up, and presses the button."""

    def reset(self) -> None:
        """Look at the box anew."""
        error = self.skill.position_error
        self._pushing = False
        self._misjudgement = self._generator.normal(0.0, (error, error, 0.2 * error))

    def act(self) -> Action:
        """Return the next action, (7,) [1]."""
        arm, task = self._environment.arm, self._task
        tool = arm.read_state().pose.position
        angle = task.find_angle(arm.data)
        needed = task.config.free_angle + (_OPENED if self._pushing else 0.0)
        if angle < needed:
            return self._go(self._push(tool))
        self._pushing = False
        return self._go(self._press(tool))

    def _push(self, tool: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where to move to open the lid, (3,) [m] base, from the tool."""
        data, task = self._environment.arm.data, self._task
        opening = task.find_opening(data)
        knob = task.find_knob(data) + self._misjudgement
        offset = tool - knob
        along, height = float(offset @ opening), float(offset[2])
        aside = offset - along * opening
        missed = float(np.linalg.norm(aside[:2]))
        beside = -_TOUCHING < along < 0.0 and missed < _ASIDE
        self._pushing = beside and height < -_DEEP
        if self._pushing:
            goal = knob + _AHEAD * opening
            return np.array((*(goal - tool)[:2], -_LOW - height))
        start = knob - _BESIDE * opening - tool
        if np.linalg.norm(start[:2]) > _ALIGNED:
            rise = max(0.0, _CLEAR - height)
            if rise > 0.01:  # it comes up before it goes anywhere
                return np.array((0.0, 0.0, rise))
            return np.array((*start[:2], _CLEAR - height))
        return np.array((*start[:2], -_LOW - height))

    def _press(self, tool: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where to move to press the button, (3,) [m] base, from the tool."""
        data, task = self._environment.arm.data, self._task
        button = task.find_button(data) + 0.5 * self._misjudgement
        offset = button - tool
        if np.linalg.norm(offset[:2]) > _ALIGNED:
            top = float(task.find_knob(data)[2]) + _CLEAR - tool[2]
            if top > 0.01:
                return np.array((0.0, 0.0, top))
            return np.array((*offset[:2], top))
        return np.array((*offset[:2], offset[2] - 0.02))

    def _go(self, way: NDArray[np.float64]) -> Action:
        return self._move(way, GripperCommand.STAY)
