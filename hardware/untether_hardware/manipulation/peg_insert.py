"""The task to insert a peg that the gripper holds into a socket."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from __future__ import annotations

import math
from dataclasses import dataclass, field

import mujoco
import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.impedance_config import ImpedanceConfig
from untether_hardware.franka.pose import Pose, make_rotation
from untether_hardware.franka.scene import add_table
from untether_hardware.franka.state import ArmState
from untether_hardware.franka.workspace import POINTING_DOWN, Workspace
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.socket import SocketShape, add_peg, add_socket
from untether_hardware.manipulation.task import ArmStart, ManipulationTask

PEG, SOCKET = "peg", "socket"

_TURN_WEIGHT = 0.05  # [m/rad] of the rotation about the socket's axis in what remains


@dataclass(frozen=True)
class PegInsertConfig(ManipulationConfig):
    """What can be configured of the task.

    Attributes:
        shape: Of peg and socket.
        height: Of the socket's rim above the table [m].
        reach: From the tool's origin to the peg's tip [m].
        socket_centre: Mean position of the socket, (2,) [m] base.
        socket_spread: Largest deviation from it, each axis [m].
        socket_turn: Largest rotation of the socket about z [rad].
        tool_height: Mean height of the peg's tip above the rim at the start [m].
        tool_spread: Largest deviation of the tool from above the socket's mean position, each axis
            [m].
        tool_turn: Largest rotation of the tool about z at the start [rad].
        depth: Of the tip below the rim at success [m].
    """

    translation_scale: float = 0.01
    rotation_scale: float = 0.06
    gripper_fixed: bool = True
    gripper_force: float = 60.0
    impedance: ImpedanceConfig = field(
        default_factory=lambda: ImpedanceConfig(
            translational_damping=120.0,
            rotational_damping=10.0,
            translation_lower=(-0.01, -0.01, -0.01),
            translation_upper=(0.01, 0.01, 0.01),
            rotation_lower=(-0.06, -0.06, -0.06),
            rotation_upper=(0.06, 0.06, 0.06),
        )
    )
    workspace: Workspace = field(
        default_factory=lambda: Workspace(
            lower=(0.40, -0.10, 0.04), upper=(0.60, 0.10, 0.20), max_tilt=(0.1, 0.1, 0.5)
        )
    )
    shape: SocketShape = field(default_factory=SocketShape)
    height: float = 0.03
    reach: float = 0.040
    socket_centre: tuple[float, float] = (0.5, 0.0)
    socket_spread: float = 0.03
    socket_turn: float = math.radians(10.0)
    tool_height: float = 0.04
    tool_spread: float = 0.03
    tool_turn: float = math.radians(10.0)
    depth: float = 0.018


class PegInsert(ManipulationTask):
    """A square peg is held above a square socket; success is that it is in.

    Privileged observations are the middle of the socket's rim relative to the peg's tip, (3,) [m]
    tool, and the rotation of the socket relative to the peg about the tool's axis [rad], by less
    than half a quarter turn.
    """

    privileged_size = 4

    def __init__(self, config: PegInsertConfig | None = None) -> None:
        """Create the task.

        Args:
            config: Shapes, starts and what else can be configured.
        """
        self._config = config or PegInsertConfig()

    @property
    def config(self) -> PegInsertConfig:
        """Shapes, starts and what else can be configured."""
        return self._config

    def add_scene(self, spec: mujoco.MjSpec) -> None:
        """Add table, socket and peg."""
        add_table(spec)
        add_socket(spec, SOCKET, self.config.shape)
        add_peg(spec, PEG, self.config.shape)

    def reset(self, data: mujoco.MjData, generator: np.random.Generator) -> ArmStart:
        """Put the socket somewhere on the table, and the peg between the fingers above it."""
        config = self.config
        spread = config.socket_spread
        place = config.socket_centre + generator.uniform(-spread, spread, 2)
        half_turn = 0.5 * generator.uniform(-config.socket_turn, config.socket_turn)
        socket = data.model.body(SOCKET).mocapid[0]
        data.mocap_pos[socket] = (*place, config.height)
        data.mocap_quat[socket] = (math.cos(half_turn), 0.0, 0.0, math.sin(half_turn))
        spread = config.tool_spread
        above = (*config.socket_centre, config.height + config.tool_height + config.reach)
        position = above + generator.uniform(-spread, spread, 3) * (1.0, 1.0, 0.5)
        yaw = make_rotation((0.0, 0.0, generator.uniform(-config.tool_turn, config.tool_turn)))
        tool = Pose(position, yaw @ POINTING_DOWN)
        tip = tool.move((0.0, 0.0, config.reach), (math.pi, 0.0, 0.0))
        x, y, z, w = tip.quaternion
        data.joint(PEG).qpos = (*tip.position, w, x, y, z)
        return ArmStart(tool, gripper_width=config.shape.side)

    def is_success(self, data: mujoco.MjData, state: ArmState) -> bool:
        """Return whether the tip is deep within the socket."""
        tip = self._find_tip(data)
        inside = np.abs(tip.position[:2]).max() < 0.5 * self.config.shape.hole
        return bool(inside and tip.position[2] < -self.config.depth)

    def observe_privileged(self, data: mujoco.MjData, state: ArmState) -> NDArray[np.float64]:
        """Return where the socket is from the tip, (4,) [m, rad] tool."""
        tip = self._find_tip(data)
        socket = data.body(SOCKET).xmat.reshape(3, 3)
        offset = state.pose.rotation.T @ socket @ -tip.position
        return np.append(offset, find_quarter_turn(tip))

    def measure_remaining(self, data: mujoco.MjData, state: ArmState) -> float:
        """Return the tip's way to the depth of success, and a share of its rotation [m]."""
        tip = self._find_tip(data)
        way = np.linalg.norm(tip.position + np.array((0.0, 0.0, self.config.depth)))
        return float(way) + _TURN_WEIGHT * abs(find_quarter_turn(tip))

    def _find_tip(self, data: mujoco.MjData) -> Pose:
        """Return the pose of the peg in the socket's frame."""
        peg, socket = data.body(PEG), data.body(SOCKET)
        base = Pose(socket.xpos.copy(), socket.xmat.reshape(3, 3).copy())
        return base.invert() @ Pose(peg.xpos.copy(), peg.xmat.reshape(3, 3).copy())


def find_quarter_turn(tip: Pose) -> float:
    """Return a square peg's rotation about the socket's axis, from -45 to 45 degrees [rad].

    Args:
        tip: Of the peg, in the socket's frame.
    """
    turn = math.atan2(tip.rotation[1, 0], tip.rotation[0, 0])
    quarter = 0.5 * math.pi
    return turn - quarter * round(turn / quarter)
