"""Confinement: setpoints stay in the workspace, and a tool outside of it comes back slowly."""

import numpy as np

from untether_hardware.franka.pose import Floats, Pose, find_rotation_vector, make_rotation
from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.franka.workspace import POINTING_DOWN, Workspace


class Confinement:
    """Clips setpoints to the workspace, as ``Workspace.clip`` does while the tool is within.

    A tool outside, as of an arm that was started elsewhere, is drawn back at a return speed and
    may come faster when asked to; it never goes further out, nor leaps to the edge.

    Args:
        config: Speeds.
        workspace: Where the tool may be sent.
    """

    def __init__(self, config: ArmSafetyConfig, workspace: Workspace) -> None:
        self._lower, self._upper = np.array(workspace.lower), np.array(workspace.upper)
        self._tilt = np.array(workspace.max_tilt)
        self._step = config.return_speed * config.period
        self._turn = config.angular_return_speed * config.period
        self._largest_step = config.linear_speed * config.period
        self._largest_turn = config.angular_speed * config.period

    def clip(self, tool: Pose, wanted: Pose) -> Pose:
        """Return the setpoint nearest to a wanted one, axis by axis.

        Args:
            tool: Where the tool is, in the base's frame.
            wanted: The setpoint, likewise.
        """
        position = _clip(wanted.position, tool.position, self._lower, self._upper, self._step)
        step = position - tool.position
        length = float(np.linalg.norm(step))
        if length > self._largest_step:
            position = tool.position + step * (self._largest_step / length)
        return Pose(position, self._clip_rotation(tool.rotation, wanted.rotation))

    def _clip_rotation(self, tool: Floats, wanted: Floats) -> Floats:
        tilt = find_rotation_vector(POINTING_DOWN.T @ wanted)
        if (np.abs(tilt) <= self._tilt).all():
            return wanted
        present = find_rotation_vector(POINTING_DOWN.T @ tool)
        clipped = _clip(tilt, present, -self._tilt, self._tilt, self._turn)
        rotation = POINTING_DOWN @ make_rotation(clipped)
        turn = find_rotation_vector(tool.T @ rotation)
        angle = float(np.linalg.norm(turn))
        if angle <= self._largest_turn:
            return rotation
        # Where the tool points up, clipped rotation vectors may be far from it.
        return tool @ make_rotation(turn * (self._largest_turn / angle))


def _clip(wanted: Floats, present: Floats, lower: Floats, upper: Floats, step: float) -> Floats:
    """Clip to limits, which for what is outside of them lie one step inwards."""
    return np.clip(wanted, np.minimum(lower, present + step), np.maximum(upper, present - step))
