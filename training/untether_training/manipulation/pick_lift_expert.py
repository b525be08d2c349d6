"""A scripted expert of limited skill, which picks up the cube as a person might."""

from __future__ import annotations

import numpy as np

from untether_hardware.franka.state import GripperCommand
from untether_hardware.manipulation.pick_lift import CUBE, PickLift
from untether_training.manipulation.environment import Action
from untether_training.manipulation.scripted_expert import ScriptedExpert

_HOVER = 0.06  # [m] above the cube, where the tool goes before it descends
_ALIGNED = 0.010  # [m] horizontal error with which it descends
_LOWERED = 0.008  # [m] vertical error with which it closes the gripper
_PRESSING = 15.0  # [N] upward force at which it takes notice that a finger stands on something
_SLACK = 0.008  # [m] by which the opening may differ from the cube's size in a grasp


class PickLiftExpert(ScriptedExpert[PickLift]):
    """Goes above the cube, descends, grasps and lifts; where it missed, it tries again."""

    def reset(self) -> None:
        """Look at the cube anew."""
        error = self.skill.position_error
        self._misjudgement = self._generator.normal(0.0, (error, error, 0.2 * error))

    def act(self) -> Action:
        """Return the next action, (7,) [1]."""
        state = self._environment.arm.read_state()
        cube = self._environment.arm.data.body(CUBE).xpos
        offset = cube - state.pose.position  # (3,) [m] base
        width, size = state.gripper_width, self._task.config.cube_size
        between = abs(offset) < (0.02, 0.01, 0.02)
        if abs(width - size) < _SLACK and between.all():
            return self._move((0.0, 0.0, 1.0), GripperCommand.CLOSE)
        if width < size - _SLACK or state.force[2] > _PRESSING:
            self.reset()
            return self._move((0.0, 0.0, 0.5), GripperCommand.OPEN)
        seen = offset + self._misjudgement
        if np.abs(seen[:2]).max() > _ALIGNED:
            height = max(seen[2] + _HOVER, 0.0)  # it never descends while it is not above the cube
            return self._move((seen[0], seen[1], height), GripperCommand.OPEN)
        if abs(seen[2]) > _LOWERED:
            return self._move(seen, GripperCommand.OPEN)
        return self._move((0.0, 0.0, 0.0), GripperCommand.CLOSE)
