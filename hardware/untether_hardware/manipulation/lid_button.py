"""The task to push a button that a lid covers."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from __future__ import annotations

import math
from dataclasses import dataclass, field

import mujoco
import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.pose import Pose, make_rotation
from untether_hardware.franka.scene import add_table
from untether_hardware.franka.state import ArmState
from untether_hardware.franka.workspace import POINTING_DOWN, Workspace
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.lid_box import (
    BUTTON_JOINT,
    LID_JOINT,
    LidBoxShape,
    add_lid_box,
)
from untether_hardware.manipulation.task import ArmStart, ManipulationTask

BOX = "lid_box"

_LID_WEIGHT = 0.08  # [m/rad] of the angle by which the lid has yet to swing in what remains


@dataclass(frozen=True)
class LidButtonConfig(ManipulationConfig):
    """What can be configured of the task.

    Attributes:
        shape: Of box, lid and button.
        box_centre: Mean position of the box, (2,) [m] base.
        box_spread: Largest deviation from it, each axis [m].
        box_turn: Largest rotation of the box about z [rad].
        tool_start: Mean position of the tool at the start, (3,) [m] base.
        tool_spread: Largest deviation from it, each axis [m].
        tool_turn: Largest rotation of the tool about z at the start [rad].
        free_angle: Of the lid, from which on it is open: it covers no part of the button [rad].
        pressed: Travel of the button at success [m].
    """

    time_limit: float = 15.0
    translation_scale: float = 0.02
    gripper_fixed: bool = True
    workspace: Workspace = field(
        default_factory=lambda: Workspace(
            lower=(0.34, -0.18, 0.035), upper=(0.66, 0.18, 0.25), max_tilt=(0.1, 0.1, 0.5)
        )
    )
    shape: LidBoxShape = field(default_factory=LidBoxShape)
    box_centre: tuple[float, float] = (0.5, 0.0)
    box_spread: float = 0.04
    box_turn: float = math.radians(15.0)
    tool_start: tuple[float, float, float] = (0.46, 0.02, 0.15)
    tool_spread: float = 0.03
    tool_turn: float = math.radians(6.0)
    free_angle: float = math.radians(60.0)
    pressed: float = 0.004


class LidButton(ManipulationTask):
    """A lid covers a button; success is to press the button while the lid is open.

    Privileged observations are the middle of the knob's top and of the button's top relative to the
    tool, (6,) [m] tool, and the lid's angle [rad].
    """

    privileged_size = 7

    def __init__(self, config: LidButtonConfig | None = None) -> None:
        """Create the task.

        Args:
            config: Box, starts and what else can be configured.
        """
        self._config = config or LidButtonConfig()

    @property
    def config(self) -> LidButtonConfig:
        """Box, starts and what else can be configured."""
        return self._config

    def add_scene(self, spec: mujoco.MjSpec) -> None:
        """Add table and box."""
        add_table(spec)
        add_lid_box(spec, BOX, self.config.shape)

    def reset(self, data: mujoco.MjData, generator: np.random.Generator) -> ArmStart:
        """Put the box somewhere with its lid closed, and the closed gripper above."""
        config = self.config
        place = config.box_centre + generator.uniform(-config.box_spread, config.box_spread, 2)
        half_turn = 0.5 * generator.uniform(-config.box_turn, config.box_turn)
        box = data.model.body(BOX).mocapid[0]
        data.mocap_pos[box] = (*place, 0.0)
        data.mocap_quat[box] = (math.cos(half_turn), 0.0, 0.0, math.sin(half_turn))
        spread = config.tool_spread
        position = config.tool_start + generator.uniform(-spread, spread, 3)
        yaw = make_rotation((0.0, 0.0, generator.uniform(-config.tool_turn, config.tool_turn)))
        return ArmStart(Pose(position, yaw @ POINTING_DOWN), gripper_width=0.0)

    def is_success(self, data: mujoco.MjData, state: ArmState) -> bool:
        """Return whether the button is pressed while the lid is open."""
        pressed = data.joint(BUTTON_JOINT).qpos[0] > self.config.pressed
        return bool(pressed and self.find_angle(data) > self.config.free_angle)

    def observe_privileged(self, data: mujoco.MjData, state: ArmState) -> NDArray[np.float64]:
        """Return where knob and button are, and how far the lid is open, (7,) [m, rad] tool."""
        to_tool = state.pose.rotation.T
        places = [
            to_tool @ (place - state.pose.position)
            for place in (self.find_knob(data), self.find_button(data))
        ]
        return np.concatenate((*places, [self.find_angle(data)]))

    def measure_remaining(self, data: mujoco.MjData, state: ArmState) -> float:
        """Return what the lid has yet to swing, and the way to knob or button [m]."""
        shape, config = self.config.shape, self.config
        closed = max(0.0, config.free_angle - self.find_angle(data))
        if closed > 0.0:
            way = np.linalg.norm(self.find_knob(data) - state.pose.position)
            return float(way) + _LID_WEIGHT * closed + shape.knob
        return float(np.linalg.norm(self.find_button(data) - state.pose.position))

    def find_angle(self, data: mujoco.MjData) -> float:
        """Return by how much the lid has swung [rad]."""
        return float(data.joint(LID_JOINT).qpos[0])

    def find_knob(self, data: mujoco.MjData) -> NDArray[np.float64]:
        """Return the middle of the knob's top, (3,) [m] base."""
        shape = self.config.shape
        height = 2.0 * (shape.lid_half_size[2] + shape.knob_half_size[2])
        return self._place(data, "lid", (0.0, shape.knob, height))

    def find_button(self, data: mujoco.MjData) -> NDArray[np.float64]:
        """Return the middle of the button's top, (3,) [m] base."""
        return data.body("button").xpos.copy()

    def find_opening(self, data: mujoco.MjData) -> NDArray[np.float64]:
        """Return the direction in which the knob moves while the lid opens, (3,) [1] base."""
        return data.body("lid").xmat.reshape(3, 3)[:, 0].copy()

    @staticmethod
    def _place(
        data: mujoco.MjData, body: str, position: tuple[float, float, float]
    ) -> NDArray[np.float64]:
        """Return a point of a body, (3,) [m] base."""
        part = data.body(body)
        return part.xpos + part.xmat.reshape(3, 3) @ position
