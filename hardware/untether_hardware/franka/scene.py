"""What an arm can stand among: a table, and things on it."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

import mujoco

from untether_hardware.franka.description import Vector3
from untether_hardware.franka.shapes import Color

_TABLE_COLOR: Color = (0.62, 0.52, 0.42, 1.0)
_CONTACT = {"friction": (0.8, 0.005, 0.0001), "solref": (0.004, 1.0)}


def add_table(
    spec: mujoco.MjSpec,
    *,
    centre: tuple[float, float] = (0.4, 0.0),
    half_size: tuple[float, float] = (0.6, 0.6),
) -> None:
    """Add a table, whose top is at the height of the base.

    Args:
        spec: Model of the arm.
        centre: (2,) [m] base.
        half_size: (2,) [m].
    """
    thickness = 0.04
    spec.worldbody.add_geom(
        name="table",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=(*centre, -0.5 * thickness),
        size=(*half_size, 0.5 * thickness),
        rgba=_TABLE_COLOR,
        **_CONTACT,
    )


def add_free_box(
    spec: mujoco.MjSpec, name: str, half_size: Vector3, *, mass: float, color: Color
) -> None:
    """Add a box that can be moved; its free joint has the body's name.

    Args:
        spec: Model of the arm.
        name: Of the body.
        half_size: (3,) [m].
        mass: [kg].
        color: Red, green, blue and opacity, 0 to 1.
    """
    body = spec.worldbody.add_body(name=name, pos=(0.5, 0.0, half_size[2]))
    body.add_freejoint(name=name)
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=half_size,
        mass=mass,
        rgba=color,
        **_CONTACT,
    )


def add_fixed_box(
    spec: mujoco.MjSpec, name: str, centre: Vector3, half_size: Vector3, *, color: Color
) -> None:
    """Add a box that stays where it is.

    Args:
        spec: Model of the arm.
        name: Of the shape.
        centre: (3,) [m] base.
        half_size: (3,) [m].
        color: Red, green, blue and opacity, 0 to 1.
    """
    spec.worldbody.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=centre,
        size=half_size,
        rgba=color,
        **_CONTACT,
    )
