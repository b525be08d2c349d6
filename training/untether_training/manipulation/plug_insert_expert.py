"""A scripted expert of limited skill, which grasps a plug, grasps it again, and inserts it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.pose import make_rotation
from untether_hardware.franka.state import ArmState, GripperCommand
from untether_hardware.manipulation.plug_insert import PLUG, STAND, PlugInsert
from untether_training.manipulation.environment import Action
from untether_training.manipulation.scripted_expert import ScriptedExpert

_ABOVE = 0.035  # [m] above the plug, where the tool goes before it descends
_OVER = 0.008  # [m] horizontal error with which it descends to the plug
_LOWERED = 0.005  # [m] vertical error with which it closes the gripper
_SLACK = 0.004  # [m] by which the opening may differ from the plug's width in a grasp
_SEATED = 0.006  # [m] by which the plug may be off the middle of the fingers
_NEAR_STAND = 0.02  # [m] within which a plug can be put back
_CARRIED = 0.018  # [m] of the tip above the rim while it is carried
_HOVER = 0.006  # [m] of the tip above the rim, where it is brought into line
_ALIGNED = 0.0018  # [m] horizontal error with which it is pushed in
_TURNED = 0.04  # [rad] likewise
_ENTERED = 0.0015  # [m] of the tip below the rim, from which on it is only pushed
_PRESSING = 6.0  # [N] upward force at which it takes notice that it stands on the rim
_PLACING = 0.15  # share of its misjudgement of the grasp with which it sees the receptacle
_TURN_ERROR = 4.0  # [rad/m] of misjudged rotation for a misjudged position
_FELT = 0.6  # of the error that is left when the rim was felt


class PlugInsertExpert(ScriptedExpert[PlugInsert]):
    """Grasps; where the plug sits badly, lets go and grasps again; carries, aligns, pushes."""

    def reset(self) -> None:
        """Look at everything anew."""
        self._scale = 1.0
        self._misjudge_grasp()
        self._misjudge_place()

    def act(self) -> Action:
        """Return the next action, (7,) [1]."""
        arm = self._environment.arm
        state = arm.read_state()
        known = self._task.observe_privileged(arm.data, state)
        off = known[:3]  # of the plug from the tool, tool
        held = (
            abs(state.gripper_width - self._width) < _SLACK
            and (np.abs(off) < (0.018, 0.008, 0.016)).all()
        )
        if not held:
            return self._grasp(state, off)
        if abs(off[0]) > _SEATED and self._is_near_stand():
            self._misjudge_grasp()
            self._grasp_error *= 0.5  # it looks more closely now
            return self._move((0.0, 0.0, 0.0), GripperCommand.OPEN)
        return self._insert(state, known[3:6], known[6])

    @property
    def _width(self) -> float:
        """Of the part that is grasped [m]."""
        return 2.0 * self._task.config.grip[1]

    def _grasp(self, state: ArmState, off: NDArray[np.float64]) -> Action:
        """Return the action towards a grasp."""
        rotation = state.pose.rotation
        plug = self._environment.arm.data.body(PLUG).xmat.reshape(3, 3)
        turn = np.arctan2(*(rotation.T @ plug[:, 0])[1::-1])
        turn -= np.pi * round(turn / np.pi)
        facing = rotation @ make_rotation((0.0, 0.0, float(turn)))
        offset = rotation @ off + self._grasp_error
        if state.gripper_width < self._width - _SLACK:  # it closed beside the plug
            self._misjudge_grasp()
            return self._move((0.0, 0.0, 0.5 * _ABOVE), GripperCommand.OPEN, facing=facing)
        if np.abs(offset[:2]).max() > _OVER:
            height = max(offset[2] + _ABOVE, 0.0)
            return self._move((*offset[:2], height), GripperCommand.OPEN, facing=facing)
        if abs(offset[2]) > _LOWERED:
            return self._move(offset, GripperCommand.OPEN, facing=facing)
        return self._move((0.0, 0.0, 0.0), GripperCommand.CLOSE, facing=facing)

    def _insert(self, state: ArmState, rim: NDArray[np.float64], turn: float) -> Action:
        """Return the action that brings the held plug into the receptacle.

        Args:
            state: Of the arm.
            rim: Middle of the receptacle's rim from the tip, (3,) [m] tool.
            turn: Of the plug in the receptacle's frame [rad].
        """
        rotation = state.pose.rotation
        offset = rotation @ rim
        error = self._place_error
        facing = rotation @ make_rotation((0.0, 0.0, turn + error[2]))
        grip = GripperCommand.CLOSE
        if offset[2] > _ENTERED and np.abs(offset[:2]).max() < 0.004:
            shake = np.zeros(2)
            if state.force[2] > _PRESSING:
                shake = self._generator.uniform(-0.004, 0.004, 2)
            return self._move((*(offset[:2] + shake), -0.02), grip, facing=facing)
        seen = offset[:2] + error[:2]
        far = np.linalg.norm(seen) > 0.02
        if far:
            height = offset[2] + _CARRIED
            way = seen if height < 0.01 else np.zeros(2)  # it comes up first
            return self._move((*way, height), grip, facing=facing)
        if state.force[2] > _PRESSING:
            self._scale *= _FELT
            self._misjudge_place()
            return self._move((0.0, 0.0, _HOVER), grip, facing=facing)
        if np.abs(seen).max() > _ALIGNED or abs(turn + error[2]) > _TURNED:
            return self._move((*seen, offset[2] + _HOVER), grip, facing=facing)
        return self._move((*seen, -0.012), grip, facing=facing)

    def _is_near_stand(self) -> bool:
        data = self._environment.arm.data
        offset = data.body(PLUG).xpos - data.body(STAND).xpos
        return bool(np.linalg.norm(offset[:2]) < _NEAR_STAND and offset[2] < 0.03)

    def _misjudge_grasp(self) -> None:
        error = 0.5 * self.skill.position_error
        self._grasp_error = self._generator.normal(0.0, (error, 0.6 * error, 0.3 * error))

    def _misjudge_place(self) -> None:
        error = self._scale * _PLACING * self.skill.position_error
        self._place_error = self._generator.normal(0.0, (error, error, _TURN_ERROR * error))
