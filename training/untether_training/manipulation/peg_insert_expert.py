"""A scripted expert of limited skill, which inserts a peg as a person might."""

from __future__ import annotations

import numpy as np

from untether_hardware.franka.pose import make_rotation
from untether_hardware.franka.state import GripperCommand
from untether_hardware.manipulation.peg_insert import PegInsert
from untether_training.manipulation.environment import Action
from untether_training.manipulation.scripted_expert import ScriptedExpert

_HOVER = 0.006  # [m] of the tip above the rim, where it is brought into line
_ALIGNED = 0.0015  # [m] horizontal error with which it descends
_TURNED = 0.03  # [rad] likewise
_ENTERED = 0.002  # [m] of the tip below the rim, from which on it is only pushed
_PRESSING = 6.0  # [N] upward force at which it takes notice that it stands on the rim
_SHAKE = 0.004  # [m] by which it shakes a peg that is stuck
_LEVER = 0.1  # [m] likewise, by rotations
_SKILL_SHARE = 0.15  # of the skill's error, since a peg is watched more closely than a cube
_TURN_ERROR = 4.0  # [rad/m] of misjudged rotation for a misjudged position
_FELT = 0.6  # of the error that is left when the rim was felt


class PegInsertExpert(ScriptedExpert[PegInsert]):
    """Brings the peg into line above the socket and pushes; on the rim it feels its way."""

    def reset(self) -> None:
        """Look at the socket anew."""
        self._scale = 1.0
        self._misjudge()

    def act(self) -> Action:
        """Return the next action, (7,) [1]."""
        arm = self._environment.arm
        state = arm.read_state()
        known = self._task.observe_privileged(arm.data, state)
        rotation = state.pose.rotation
        offset = rotation @ known[:3]  # (3,) [m] base, from the tip to the rim's middle
        facing = rotation @ make_rotation((0.0, 0.0, known[3] + self._misjudgement[2]))
        stay = GripperCommand.STAY
        if offset[2] > _ENTERED:  # the tip is below the rim
            shake = np.zeros(3)
            if state.force[2] > _PRESSING:  # it is stuck
                shake = self._generator.uniform(-_SHAKE, _SHAKE, 3)
            way = (*(offset[:2] + shake[:2]), -0.02)
            turn = make_rotation((*(shake[:2] / _LEVER), 0.0))
            return self._move(way, stay, facing=facing @ turn)
        if state.force[2] > _PRESSING:
            self._scale *= _FELT
            self._misjudge()
            return self._move((0.0, 0.0, _HOVER), stay, facing=facing)
        seen = offset[:2] + self._misjudgement[:2]
        turned = abs(known[3] + self._misjudgement[2]) < _TURNED
        if np.abs(seen).max() > _ALIGNED or not turned:
            return self._move((*seen, offset[2] + _HOVER), stay, facing=facing)
        return self._move((*seen, -0.01), stay, facing=facing)

    def _misjudge(self) -> None:
        """Draw how wrongly it sees the socket: position (2,) [m] base, and rotation [rad]."""
        error = self._scale * _SKILL_SHARE * self.skill.position_error
        self._misjudgement = self._generator.normal(0.0, (error, error, _TURN_ERROR * error))
