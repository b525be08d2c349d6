"""What the browser tells of the operator's hand, 20 times a second."""

import json
import math
from dataclasses import dataclass

import numpy as np

from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.twist import ToolTwist

LINEAR_SPEED, ANGULAR_SPEED = 0.10, 0.6
"""Of the tool at full deflection [m/s, rad/s]."""


@dataclass(frozen=True)
class HandSign:
    """One sign.

    Attributes:
        sequence: Rises with each sign of a connection.
        answers: Time in the newest message that the browser had [s, the console's steady clock].
        twist: What the hand wants; None when it is off.
    """

    sequence: int
    answers: float
    twist: ToolTwist | None


def read_sign(text: str) -> HandSign | None:
    """Return a sign, or None when the message is malformed.

    Args:
        text: JSON with ``sequence``, ``answers``, ``held``, ``linear`` and ``angular`` from -1 to
            1 in the tool's frame, and ``gripper``, a value of ``GripperCommand``.
    """
    try:
        fields = json.loads(text)
        held, sequence, answers = fields["held"], int(fields["sequence"]), float(fields["answers"])
        linear, angular = (np.array(fields[name], dtype=float) for name in ("linear", "angular"))
        gripper = GripperCommand(int(fields["gripper"]))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    fits = linear.shape == angular.shape == (3,) and isinstance(held, bool)
    if not fits or not (np.isfinite(linear).all() and np.isfinite(angular).all()):
        return None
    if not math.isfinite(answers):
        return None
    linear, angular = np.clip(linear, -1.0, 1.0), np.clip(angular, -1.0, 1.0)
    twist = ToolTwist(LINEAR_SPEED * linear, ANGULAR_SPEED * angular, gripper)
    return HandSign(sequence, answers, twist if held else None)
