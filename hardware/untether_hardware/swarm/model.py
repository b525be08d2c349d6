"""The MuJoCo model of a swarm in a room: pieces of ``crazyflie.xml``, walls and columns."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from collections.abc import Callable

import mujoco
import numpy as np

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.crazyflie.model import ROTOR_HEIGHT, read_model_xml
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.config import SimulatedSwarmConfig

_HULL = 2  # bit of what touches hulls; bit 1 is that of feet, propellers and floor
_PROPELLER_TOP = ROTOR_HEIGHT + 0.0015  # [m] base_link, of the guard in crazyflie.xml
_CONTACT = {"solref": (0.006, 1.0), "friction": (0.6, 0.005, 0.0001)}  # as in crazyflie.xml


def build_swarm_model(
    columns: Columns, drones: int, description: QuadrotorDescription, config: SimulatedSwarmConfig
) -> mujoco.MjModel:
    """Return the model of Crazyflies in a room with columns, with no more than physics needs.

    Body ``1 + i`` is drone i. Feet and propellers touch the floor, as in the model of one
    Crazyflie; all else is touched by an upright cylinder about the whole drone. The thrust is left
    to who steps the model.

    The integrator is Euler's, semi-implicit, not Runge-Kutta's: at a quarter of the cost, what a
    drone flies differs by half a timestep times the change of its velocity, 2 mm for 2 m/s.

    Args:
        columns: Room and columns.
        drones: How many Crazyflies there are.
        description: Mass, inertia and size of the drones.
        config: Timestep, drag, hull, and scales of mass and inertia.
    """

    def prepare(drone: mujoco.MjSpec, index: int) -> None:
        body = drone.body("base_link")
        for geom in list(body.geoms):
            if geom.classname.name != "collision":
                drone.delete(geom)
        scenery = (*drone.materials, *drone.textures)
        for item in (*drone.sensors, *drone.actuators, *body.sites, *scenery):
            drone.delete(item)
        body.add_geom(
            name="hull",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=_size(config.hull_radius, 0.5 * (_PROPELLER_TOP + description.rest_height)),
            pos=(0.0, 0.0, 0.5 * (_PROPELLER_TOP - description.rest_height)),
            contype=_HULL,
            conaffinity=_HULL,
            **_CONTACT,
        )

    room = build_room(columns)
    _add_walls(room, columns.room)
    attach_drones(room, drones, prepare)
    room.option.integrator = mujoco.mjtIntegrator.mjINT_EULER
    room.option.timestep = config.robot.timestep
    room.option.gravity = (0.0, 0.0, -description.gravity)
    model = room.compile()
    scale = np.resize(config.mass_scales, drones) * config.robot.mass_scale
    model.body_mass[1:] = scale * description.mass
    model.body_inertia[1:] = np.outer(
        scale * config.robot.inertia_scale, np.asarray(description.inertia)
    )
    model.dof_damping.reshape(drones, 6)[:, :3] = config.robot.drag
    mujoco.mj_setConst(model, mujoco.MjData(model))
    return model


def build_room(columns: Columns) -> mujoco.MjSpec:
    """Return floor, light and columns, without drones and walls.

    Args:
        columns: Room and columns.
    """
    room = mujoco.MjSpec.from_string(read_model_xml())
    room.modelname = "swarm"
    room.memory = -1
    for item in [*room.sensors, *room.actuators, room.body("base_link")]:
        room.delete(item)
    half = 0.5 * columns.room
    for index, (centre, radius) in enumerate(zip(columns.centre, columns.radius, strict=True)):
        room.worldbody.add_geom(
            name=f"column{index}",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=_size(radius, half),
            pos=(*centre, half),
            contype=0,
            conaffinity=_HULL,
            **_CONTACT,
        )
    return room


def attach_drones(
    room: mujoco.MjSpec, drones: int, prepare: Callable[[mujoco.MjSpec, int], None]
) -> None:
    """Put Crazyflies into a room.

    Args:
        room: Where to put them.
        drones: How many.
        prepare: Makes of ``crazyflie.xml`` what is to be put there, given also the drone's row.
    """
    for index in range(drones):
        drone = mujoco.MjSpec.from_string(read_model_xml())
        drone.memory = -1
        prepare(drone, index)
        room.worldbody.add_frame().attach_body(drone.body("base_link"), f"drone{index}/", "")


def _add_walls(room: mujoco.MjSpec, length: float) -> None:
    """Add four walls and a ceiling, as planes that face inwards."""
    half = 0.5 * length
    for x, y, z in ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, -1)):
        room.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            size=(half, half, 0.1),
            pos=(-half * x, -half * y, half - half * z),
            quat=_turn((x, y, z)),
            contype=0,
            conaffinity=_HULL,
            **_CONTACT,
        )


def _turn(normal: tuple[float, float, float]) -> np.ndarray:
    """Return the quaternion (w, x, y, z) that turns z to a normal."""
    quaternion = np.zeros(4)
    mujoco.mju_quatZ2Vec(quaternion, np.asarray(normal, dtype=float))
    return quaternion


def _size(radius: float, half_height: float) -> tuple[float, float, float]:
    return radius, half_height, 0.0
