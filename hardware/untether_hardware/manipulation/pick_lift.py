"""The task to pick up a cube from a table and lift it."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from __future__ import annotations

import math
from dataclasses import dataclass, field

import mujoco
import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.pose import Pose, make_rotation
from untether_hardware.franka.scene import add_free_box, add_table
from untether_hardware.franka.state import ArmState
from untether_hardware.franka.workspace import POINTING_DOWN, Workspace
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.task import ArmStart, ManipulationTask

CUBE = "cube"

_COLOR = (0.85, 0.15, 0.12, 1.0)
_HELD_DISTANCE = 0.05  # [m] from the tool's origin, within which a lifted cube is held


@dataclass(frozen=True)
class PickLiftConfig(ManipulationConfig):
    """What can be configured of the task.

    Attributes:
        cube_size: Length of an edge [m].
        cube_mass: [kg].
        cube_lower: Least x and y of the cube at the start, (2,) [m] base.
        cube_upper: Largest x and y of the cube at the start, (2,) [m] base.
        cube_turn: Largest rotation of the cube about z at the start [rad].
        tool_start: Mean position of the tool at the start, (3,) [m] base.
        tool_spread: Largest deviation from it, each axis [m].
        tool_turn: Largest rotation of the tool about z at the start [rad].
        lift_height: By which the cube has to be lifted [m].
    """

    workspace: Workspace = field(
        default_factory=lambda: Workspace(
            lower=(0.32, -0.22, 0.012), upper=(0.68, 0.22, 0.35), max_tilt=(0.2, 0.2, 0.6)
        )
    )
    cube_size: float = 0.04
    cube_mass: float = 0.1
    cube_lower: tuple[float, float] = (0.40, -0.12)
    cube_upper: tuple[float, float] = (0.60, 0.12)
    cube_turn: float = math.radians(15.0)
    tool_start: tuple[float, float, float] = (0.48, 0.0, 0.20)
    tool_spread: float = 0.03
    tool_turn: float = math.radians(6.0)
    lift_height: float = 0.1


class PickLift(ManipulationTask):
    """A cube lies somewhere on the table; success is to hold it lifted.

    Privileged observations are the position of the cube's centre, (3,) [m] tool.
    """

    privileged_size = 3

    def __init__(self, config: PickLiftConfig | None = None) -> None:
        """Create the task.

        Args:
            config: Cube, starts and what else can be configured.
        """
        self._config = config or PickLiftConfig()

    @property
    def config(self) -> PickLiftConfig:
        """Cube, starts and what else can be configured."""
        return self._config

    def add_scene(self, spec: mujoco.MjSpec) -> None:
        """Add table and cube."""
        add_table(spec)
        half = 0.5 * self.config.cube_size
        add_free_box(spec, CUBE, (half, half, half), mass=self.config.cube_mass, color=_COLOR)

    def reset(self, data: mujoco.MjData, generator: np.random.Generator) -> ArmStart:
        """Put the cube somewhere on the table, and the tool somewhere above."""
        config = self.config
        place = generator.uniform(config.cube_lower, config.cube_upper)
        half_turn = 0.5 * generator.uniform(-config.cube_turn, config.cube_turn)
        data.joint(CUBE).qpos = (
            *place,
            0.5 * config.cube_size,
            math.cos(half_turn),
            0.0,
            0.0,
            math.sin(half_turn),
        )
        spread, turn = config.tool_spread, config.tool_turn
        position = config.tool_start + generator.uniform(-spread, spread, 3)
        yaw = make_rotation((0.0, 0.0, generator.uniform(-turn, turn)))
        return ArmStart(Pose(position, yaw @ POINTING_DOWN))

    def is_success(self, data: mujoco.MjData, state: ArmState) -> bool:
        """Return whether the cube is lifted and between the fingers."""
        cube = data.body(CUBE).xpos
        lifted = cube[2] - 0.5 * self.config.cube_size > self.config.lift_height
        return bool(lifted and np.linalg.norm(cube - state.pose.position) < _HELD_DISTANCE)

    def observe_privileged(self, data: mujoco.MjData, state: ArmState) -> NDArray[np.float64]:
        """Return the position of the cube, (3,) [m] tool."""
        return (data.body(CUBE).xpos - state.pose.position) @ state.pose.rotation

    def measure_remaining(self, data: mujoco.MjData, state: ArmState) -> float:
        """Return the way to the cube, and that by which it has yet to be lifted [m]."""
        cube = data.body(CUBE).xpos
        lifted = cube[2] - 0.5 * self.config.cube_size
        way = float(np.linalg.norm(cube - state.pose.position))
        return way + max(self.config.lift_height - float(lifted), 0.0)
