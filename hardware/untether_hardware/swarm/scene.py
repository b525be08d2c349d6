"""The scene of a swarm's video: what MuJoCo draws of room, columns, drones, goals and trails."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from collections.abc import Sequence

import mujoco
import numpy as np

from untether_hardware.crazyflie.drawing import Color
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.model import attach_drones, build_room
from untether_hardware.swarm.palette import find_drone_color
from untether_hardware.swarm.state import Floats

VISIBLE_HEIGHT = 3.2
"""Height at which columns are cut off, so that one sees what flies behind them [m] map."""

ENLARGED = 2.8
"""How much larger than they are drones are drawn, to be seen."""

_COLUMN = (0.70, 0.73, 0.78, 1.0)
_PARTS = ("propeller_front", "propeller_back", "label", "board")  # in the drone's colour
_OPACITY = {"propeller_front": 0.85, "propeller_back": 0.45}
_NO_SIZE, _IDENTITY = np.zeros(3), np.eye(3).flatten()


def build_scene(columns: Columns, drones: int) -> mujoco.MjModel:
    """Return a model to be looked at: body ``1 + i`` is drone i, in its own colour.

    Args:
        columns: Room and columns.
        drones: How many Crazyflies there are.
    """

    def paint(drone: mujoco.MjSpec, index: int) -> None:
        red, green, blue = (value / 255 for value in find_drone_color(index))
        for geom in list(drone.body("base_link").geoms):
            if geom.classname.name == "collision":
                drone.delete(geom)
                continue
            geom.pos = ENLARGED * geom.pos
            geom.size = ENLARGED * geom.size
            geom.fromto = ENLARGED * geom.fromto
            if geom.material in _PARTS:
                geom.rgba = (red, green, blue, _OPACITY.get(geom.material, 1.0))
                geom.material = ""
        for item in [*drone.sensors, *drone.actuators]:
            drone.delete(item)

    room = build_room(columns)
    for geom in room.worldbody.geoms:
        if geom.name.startswith("column"):
            geom.size[1] = 0.5 * VISIBLE_HEIGHT
            geom.pos[2] = 0.5 * VISIBLE_HEIGHT
            geom.rgba = _COLUMN
    attach_drones(room, drones, paint)
    return room.compile()


def add_ball(
    scene: mujoco.MjvScene, centre: Floats, radius: float, color: Color, opacity: float
) -> None:
    """Add a ball to a scene.

    Args:
        scene: Where there is room for a shape.
        centre: (3,) [m] map.
        radius: [m].
        color: Red, green and blue from 0 to 255.
        opacity: From 0 to 1.
    """
    geom = _take(scene, color, opacity)
    geom.type = mujoco.mjtGeom.mjGEOM_SPHERE
    geom.pos[:] = centre
    geom.size[:] = radius


def add_trail(
    scene: mujoco.MjvScene, points: Floats, radius: float, color: Color, opacities: Sequence[float]
) -> None:
    """Add a line of round pieces to a scene.

    Args:
        scene: Where there is room for the pieces.
        points: (points, 3) [m] map.
        radius: Of the line [m].
        color: Red, green and blue from 0 to 255.
        opacities: Of each piece, from 0 to 1, (points - 1,).
    """
    for first, last, opacity in zip(points[:-1], points[1:], opacities, strict=True):
        geom = _take(scene, color, opacity)
        mujoco.mjv_connector(geom, mujoco.mjtGeom.mjGEOM_CAPSULE, radius, first, last)


def _take(scene: mujoco.MjvScene, color: Color, opacity: float) -> mujoco.MjvGeom:
    """Return the next shape of a scene, in a colour."""
    geom = scene.geoms[scene.ngeom]
    rgba = np.array([*(value / 255 for value in color), opacity], dtype=np.float32)
    mujoco.mjv_initGeom(geom, mujoco.mjtGeom.mjGEOM_SPHERE, _NO_SIZE, _NO_SIZE, _IDENTITY, rgba)
    scene.ngeom += 1
    return geom
