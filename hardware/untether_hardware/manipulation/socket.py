"""Square pegs and sockets that fit closely: stiff boxes around a hole."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco

from untether_hardware.franka.shapes import Color

_PEG_COLOR: Color = (0.95, 0.62, 0.08, 1.0)
_TIP_COLOR: Color = (0.10, 0.25, 0.85, 1.0)
_WALL_COLOR: Color = (0.12, 0.62, 0.32, 1.0)
_RIM_COLOR: Color = (0.85, 0.95, 0.88, 1.0)
_FLOOR_COLOR: Color = (0.05, 0.05, 0.05, 1.0)
# Stiff, so that the clearance is one. A socket's numbers count where a peg meets it; where fingers
# meet a peg, theirs do.
_CONTACT = {
    "friction": (0.25, 0.001, 0.0001),
    "solref": (0.003, 1.0),
    "solimp": (0.98, 0.999, 0.0001, 0.5, 2.0),
    "priority": 2,
}


@dataclass(frozen=True)
class SocketShape:
    """A square hole in a square block, and the peg that fits.

    Attributes:
        side: Of the peg's section [m].
        clearance: By which the hole's side is larger [m].
        depth: Of the hole [m].
        wall: Thickness of the block's walls [m].
        chamfer: Width and height of the bevel at the hole's rim [m].
        peg_length: [m].
        peg_mass: [kg].
        bevel: By which each side of the peg's tip is narrower, over the same length [m].
    """

    side: float = 0.020
    clearance: float = 0.0005
    depth: float = 0.025
    wall: float = 0.014
    chamfer: float = 0.001
    peg_length: float = 0.055
    peg_mass: float = 0.06
    bevel: float = 0.001

    @property
    def hole(self) -> float:
        """Side of the hole [m]."""
        return self.side + self.clearance


def add_socket(spec: mujoco.MjSpec, name: str, shape: SocketShape) -> None:
    """Add a socket that can be put somewhere before an episode, as a body of motion capture.

    Its frame's origin is in the middle of the rim, z up.

    Args:
        spec: Model of the arm.
        name: Of the body.
        shape: Sizes.
    """
    body = spec.worldbody.add_body(name=name, mocap=True, pos=(0.5, 0.0, shape.depth))
    half = 0.5 * shape.hole
    add_hole(body, (half, half), wall=shape.wall, depth=shape.depth, chamfer=shape.chamfer)


def add_hole(
    body: mujoco.MjsBody,
    half_size: tuple[float, float],
    *,
    wall: float,
    depth: float,
    chamfer: float,
    color: Color = _WALL_COLOR,
) -> None:
    """Add stiff walls around a rectangular hole whose rim is in the body's x-y plane.

    Args:
        body: What has the hole.
        half_size: Of the hole, (2,) [m].
        wall: Thickness of the walls [m].
        depth: Of the hole [m].
        chamfer: Width and height of the bevel at its rim [m].
        color: Of the walls, red, green, blue and opacity, 0 to 1.
    """
    half_wall, half_depth = 0.5 * wall, 0.5 * (depth - chamfer)
    # Four walls, each of which reaches past one corner and ends at the next one.
    for turn in range(4):
        inner, along = half_size if turn % 2 == 0 else half_size[::-1]
        angle = 0.5 * math.pi * turn
        cosine, sine = round(math.cos(angle)), round(math.sin(angle))
        quaternion = (math.cos(0.5 * angle), 0.0, 0.0, math.sin(0.5 * angle))
        # Below the rim, and at it a thinner wall that is set back from the hole.
        for back, height, half_height, paint in (
            (0.0, -chamfer - half_depth, half_depth, color),
            (0.5 * chamfer, -0.5 * chamfer, 0.5 * chamfer, _RIM_COLOR),
        ):
            x, y = inner + half_wall + back, half_wall
            body.add_geom(
                type=mujoco.mjtGeom.mjGEOM_BOX,
                pos=(cosine * x - sine * y, sine * x + cosine * y, height),
                quat=quaternion,
                size=(half_wall - back, along + half_wall, half_height),
                rgba=paint,
                **_CONTACT,
            )
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=(0.0, 0.0, -depth + 0.0005),
        size=(*half_size, 0.0005),
        rgba=_FLOOR_COLOR,
        **_CONTACT,
    )


def add_peg(spec: mujoco.MjSpec, name: str, shape: SocketShape) -> None:
    """Add a peg that can be moved; its free joint has the body's name.

    Its frame's origin is in the middle of the tip, z towards the other end.

    Args:
        spec: Model of the arm.
        name: Of the body.
        shape: Sizes.
    """
    body = spec.worldbody.add_body(name=name, pos=(0.5, 0.0, 0.3))
    body.add_freejoint(name=name)
    half, tip = 0.5 * shape.side, 0.5 * shape.bevel
    half_length = 0.5 * (shape.peg_length - shape.bevel)
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=(0.0, 0.0, shape.bevel + half_length),
        size=(half, half, half_length),
        mass=shape.peg_mass,
        rgba=_PEG_COLOR,
    )
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=(0.0, 0.0, tip),
        size=(half - shape.bevel, half - shape.bevel, tip),
        mass=0.001,
        rgba=_TIP_COLOR,
    )
