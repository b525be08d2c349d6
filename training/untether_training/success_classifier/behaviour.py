"""What is shown to the classifier: demonstrations, and what nearly looks like them."""

from __future__ import annotations

from collections import deque
from enum import Enum

import numpy as np

from untether_hardware.franka.state import GripperCommand
from untether_training.manipulation.environment import ACTION_SIZE, Action
from untether_training.manipulation.scripted_expert import ScriptedExpert

_SPELL_PROBABILITY = 0.06  # of a spell of random motion, at each action
_SPELL_LENGTHS = (4, 12)  # [actions]
_AFTER_SUCCESS = (5, 10)  # [actions] that follow a demonstration's success
_UNDONE = 6  # motions that are undone after success
_UNDO_PROBABILITY = 0.4  # of beginning to undo, at each action after success
_SMALL_MOTION = 0.25  # standard deviation of each axis of the twist after success [1]


class Behaviour(Enum):
    """How an episode is acted."""

    DEMONSTRATION = "demonstration"  # until success, and a few small motions after it
    DISTURBED = "disturbed"  # the expert with spells of random motion, also after success
    WAVERING = "wavering"  # the expert, who undoes its last motions after success, many times
    HAND_CLOSED = "hand_closed"  # the expert, but the gripper never opens
    HAND_OPEN = "hand_open"  # the expert, but the gripper never closes


_FAILURES_OF_THE_ARM = (Behaviour.DISTURBED, Behaviour.WAVERING)
_FAILURES = (*_FAILURES_OF_THE_ARM, Behaviour.HAND_CLOSED, Behaviour.HAND_OPEN)


def choose_behaviour(episode: int, *, gripper_fixed: bool) -> Behaviour:
    """Return how an episode is acted: every second one is a demonstration.

    Args:
        episode: Its number.
        gripper_fixed: Whether the task keeps the gripper as it is.
    """
    if episode % 2 == 0:
        return Behaviour.DEMONSTRATION
    failures = _FAILURES_OF_THE_ARM if gripper_fixed else _FAILURES
    return failures[episode // 2 % len(failures)]


class Actor:
    """Acts an episode, as its behaviour says."""

    def __init__(
        self, expert: ScriptedExpert, behaviour: Behaviour, generator: np.random.Generator
    ) -> None:
        """Begin an episode.

        Args:
            expert: Who shows the task; it is reset.
            behaviour: How the episode is acted.
            generator: Of spells and motions.
        """
        self._expert = expert
        self._behaviour = behaviour
        self._generator = generator
        self._after = int(generator.integers(*_AFTER_SUCCESS, endpoint=True))
        self._succeeded = False
        self._spell = 0
        self._motion = np.zeros(ACTION_SIZE)
        self._done: deque[Action] = deque(maxlen=_UNDONE)
        self._undoing = False
        expert.reset()

    def act(self, *, success: bool) -> Action | None:
        """Return the next action, (7,) [1]; None when the episode has been shown.

        Args:
            success: Whether the task is done now.
        """
        self._succeeded |= success
        action = self._expert.act()
        match self._behaviour:
            case Behaviour.DEMONSTRATION if self._succeeded:
                return self._linger(action)
            case Behaviour.DISTURBED:
                return self._disturb(action)
            case Behaviour.WAVERING:
                return self._waver(action, success=success)
            case Behaviour.HAND_CLOSED:
                action[6] = GripperCommand.CLOSE
            case Behaviour.HAND_OPEN:
                action[6] = GripperCommand.OPEN
        return action

    def _linger(self, action: Action) -> Action | None:
        """Move a little, around half of what the expert does."""
        if self._after == 0:
            return None
        self._after -= 1
        action[:6] = 0.5 * action[:6] + self._generator.normal(0.0, _SMALL_MOTION, 6)
        return action.clip(-1.0, 1.0)

    def _waver(self, action: Action, *, success: bool) -> Action:
        """Undo the last motions from time to time, with the gripper as the expert has it."""
        if success and self._generator.random() < _UNDO_PROBABILITY:
            self._undoing = True
        if self._undoing and self._done:
            action[:6] = -self._done.pop()[:6]
        else:
            self._undoing = False
            self._done.append(action)
        return action

    def _disturb(self, action: Action) -> Action:
        """Replace the expert's action during a spell of random motion."""
        if self._spell == 0 and self._generator.random() < _SPELL_PROBABILITY:
            self._spell = int(self._generator.integers(*_SPELL_LENGTHS, endpoint=True))
            self._motion = self._generator.uniform(-1.0, 1.0, ACTION_SIZE)
            self._motion[6] = self._generator.choice(list(GripperCommand))
        if self._spell == 0:
            return action
        self._spell -= 1
        return self._motion.astype(np.float32)
