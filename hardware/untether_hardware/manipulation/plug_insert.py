"""The task to take a plug out of a stand and to insert it into a receptacle."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import mujoco
import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.impedance_config import ImpedanceConfig
from untether_hardware.franka.model import FRONT_CAMERA, WRIST_CAMERA, CameraConfig
from untether_hardware.franka.pose import Pose, make_rotation
from untether_hardware.franka.scene import add_table
from untether_hardware.franka.shapes import Color
from untether_hardware.franka.state import ArmState
from untether_hardware.franka.workspace import POINTING_DOWN, Workspace
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.socket import add_hole
from untether_hardware.manipulation.task import ArmStart, ManipulationTask

PLUG, STAND, RECEPTACLE = "plug", "stand", "receptacle"

_GRIP_COLOR: Color = (0.20, 0.20, 0.75, 1.0)
_PRONG_COLOR: Color = (0.90, 0.80, 0.15, 1.0)
_STAND_COLOR: Color = (0.55, 0.30, 0.60, 1.0)
# Prong and hole are small: a lens of longer focal length, and a camera that stands closer.
_WRIST_CAMERA = replace(WRIST_CAMERA, look_at=(0.010, 0.0, 0.140), field_of_view=math.radians(50.0))
_FRONT_CAMERA = replace(
    FRONT_CAMERA,
    position=(0.84, 0.0, 0.20),
    look_at=(0.50, 0.0, 0.05),
    field_of_view=math.radians(35.0),
)
_UPRIGHT = 0.5  # cosine of the tilt beyond which a plug has fallen over
_TURN_WEIGHT = 0.05  # [m/rad] of the rotation about the receptacle's axis in what remains


@dataclass(frozen=True)
class PlugInsertConfig(ManipulationConfig):
    """What can be configured of the task.

    Attributes:
        grip: Half size of the part that is grasped, (3,) [m].
        prong: Half size of the prong below it, (3,) [m].
        clearance: By which the receptacle's hole is larger than the prong [m].
        slack: The same of the stand's hole, in which the plug waits [m].
        mass: Of the plug [kg].
        stand_height: Of stand and receptacle [m].
        stand_place: Mean position of the stand, (2,) [m] base.
        receptacle_place: Mean position of the receptacle, (2,) [m] base.
        spread: Largest deviation of both from there, each axis [m].
        turn: Largest rotation of both about z [rad].
        tool_start: Mean position of the tool at the start, (3,) [m] base.
        tool_spread: Largest deviation from it, each axis [m].
        tool_turn: Largest rotation of the tool about z at the start [rad].
        depth: Of the prong's tip below the receptacle's rim at success [m].
    """

    time_limit: float = 20.0
    translation_scale: float = 0.02
    gripper_force: float = 40.0
    impedance: ImpedanceConfig = field(
        default_factory=lambda: ImpedanceConfig(
            translational_damping=130.0,
            rotational_damping=10.0,
            translation_lower=(-0.015, -0.015, -0.015),
            translation_upper=(0.015, 0.015, 0.015),
            rotation_lower=(-0.08, -0.08, -0.08),
            rotation_upper=(0.08, 0.08, 0.08),
        )
    )
    workspace: Workspace = field(
        default_factory=lambda: Workspace(
            lower=(0.38, -0.16, 0.032), upper=(0.62, 0.16, 0.20), max_tilt=(0.1, 0.1, 0.6)
        )
    )
    cameras: tuple[CameraConfig, ...] = (_WRIST_CAMERA, _FRONT_CAMERA)
    grip: tuple[float, float, float] = (0.014, 0.009, 0.014)
    prong: tuple[float, float, float] = (0.007, 0.0035, 0.007)
    clearance: float = 0.001
    slack: float = 0.004
    mass: float = 0.04
    stand_height: float = 0.025
    stand_place: tuple[float, float] = (0.50, -0.07)
    receptacle_place: tuple[float, float] = (0.50, 0.06)
    spread: float = 0.02
    turn: float = math.radians(10.0)
    tool_start: tuple[float, float, float] = (0.49, -0.05, 0.13)
    tool_spread: float = 0.02
    tool_turn: float = math.radians(6.0)
    depth: float = 0.010


class PlugInsert(ManipulationTask):
    """A plug waits in a stand; success is that its prong is in the receptacle.

    A grasp that is badly seated can be let go and tried again. Privileged observations are the
    middle of the plug's grip relative to the tool, that of the receptacle's rim relative to the
    prong's tip, (6,) [m] tool, and the receptacle's rotation relative to the plug [rad], by less
    than a quarter turn.
    """

    privileged_size = 7

    def __init__(self, config: PlugInsertConfig | None = None) -> None:
        """Create the task.

        Args:
            config: Plug, stand, receptacle and what else can be configured.
        """
        self._config = config or PlugInsertConfig()

    @property
    def config(self) -> PlugInsertConfig:
        """Plug, stand, receptacle and what else can be configured."""
        return self._config

    def add_scene(self, spec: mujoco.MjSpec) -> None:
        """Add table, stand, receptacle and plug."""
        add_table(spec)
        config = self.config
        for name, room, color in (
            (STAND, config.slack, _STAND_COLOR),
            (RECEPTACLE, config.clearance, (0.12, 0.62, 0.32, 1.0)),
        ):
            body = spec.worldbody.add_body(name=name, mocap=True, pos=(0.5, 0.0, 0.1))
            half = (config.prong[0] + 0.5 * room, config.prong[1] + 0.5 * room)
            add_hole(body, half, wall=0.016, depth=config.stand_height, chamfer=0.001, color=color)
        self._add_plug(spec)

    def reset(self, data: mujoco.MjData, generator: np.random.Generator) -> ArmStart:
        """Put stand and receptacle somewhere, the plug into the stand, and the tool above."""
        config = self.config
        places = []
        for name, centre in ((STAND, config.stand_place), (RECEPTACLE, config.receptacle_place)):
            place = centre + generator.uniform(-config.spread, config.spread, 2)
            turn = generator.uniform(-config.turn, config.turn)
            body = data.model.body(name).mocapid[0]
            data.mocap_pos[body] = (*place, config.stand_height)
            data.mocap_quat[body] = (math.cos(0.5 * turn), 0.0, 0.0, math.sin(0.5 * turn))
            places.append((place, turn))
        (place, turn), _ = places
        height = config.stand_height + config.grip[2]
        data.joint(PLUG).qpos = (
            *place,
            height,
            math.cos(0.5 * turn),
            0.0,
            0.0,
            math.sin(0.5 * turn),
        )
        spread = config.tool_spread
        position = config.tool_start + generator.uniform(-spread, spread, 3)
        yaw = make_rotation((0.0, 0.0, generator.uniform(-config.tool_turn, config.tool_turn)))
        return ArmStart(Pose(position, yaw @ POINTING_DOWN))

    def is_success(self, data: mujoco.MjData, state: ArmState) -> bool:
        """Return whether the prong is deep within the receptacle."""
        tip, limit = self.find_tip(data), self.config.prong[0]
        inside = np.abs(tip.position[:2]).max() < 0.5 * limit
        return bool(inside and tip.position[2] < -self.config.depth)

    def is_lost(self, data: mujoco.MjData, state: ArmState) -> bool:
        """Return whether the plug lies on the table or on its side, where nobody can grasp it."""
        plug = data.body(PLUG)
        return bool(plug.xpos[2] < self.config.stand_height or plug.xmat[8] < _UPRIGHT)

    def observe_privileged(self, data: mujoco.MjData, state: ArmState) -> NDArray[np.float64]:
        """Return where plug and receptacle are, (7,) [m, rad] tool."""
        to_tool = state.pose.rotation.T
        receptacle = data.body(RECEPTACLE)
        tip = self.find_tip(data)
        rim = receptacle.xmat.reshape(3, 3) @ -tip.position
        return np.concatenate(
            (
                to_tool @ (data.body(PLUG).xpos - state.pose.position),
                to_tool @ rim,
                [self.find_turn(data)],
            )
        )

    def measure_remaining(self, data: mujoco.MjData, state: ArmState) -> float:
        """Return the ways to the plug and of the plug, and a share of its rotation [m]."""
        tip = self.find_tip(data)
        grasp = np.linalg.norm(data.body(PLUG).xpos - state.pose.position)
        way = np.linalg.norm(tip.position + np.array((0.0, 0.0, self.config.depth)))
        return float(grasp + way) + _TURN_WEIGHT * abs(self.find_turn(data))

    def find_tip(self, data: mujoco.MjData) -> Pose:
        """Return the pose of the prong's tip in the receptacle's frame."""
        plug, receptacle = data.body(PLUG), data.body(RECEPTACLE)
        base = Pose(receptacle.xpos.copy(), receptacle.xmat.reshape(3, 3).copy())
        rotation = plug.xmat.reshape(3, 3).copy()
        below = self.config.grip[2] + 2.0 * self.config.prong[2]
        return base.invert() @ Pose(plug.xpos - below * rotation[:, 2], rotation)

    def find_turn(self, data: mujoco.MjData) -> float:
        """Return the plug's rotation about the receptacle's axis, within a quarter turn [rad]."""
        rotation = self.find_tip(data).rotation
        turn = math.atan2(rotation[1, 0], rotation[0, 0])
        return turn - math.pi * round(turn / math.pi)

    def _add_plug(self, spec: mujoco.MjSpec) -> None:
        config = self.config
        body = spec.worldbody.add_body(name=PLUG, pos=(0.5, 0.0, 0.2))
        body.add_freejoint(name=PLUG)
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=config.grip,
            mass=0.8 * config.mass,
            rgba=_GRIP_COLOR,
            friction=(0.6, 0.005, 0.0001),
            solref=(0.004, 1.0),
        )
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=(0.0, 0.0, -config.grip[2] - config.prong[2]),
            size=config.prong,
            mass=0.2 * config.mass,
            rgba=_PRONG_COLOR,
        )
