"""The arm and its table as a browser draws them: bodies, joints and simple shapes."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from typing import Any

import mujoco

from untether_hardware.franka.model import build_arm
from untether_hardware.franka.scene import add_table

_KINDS = {
    mujoco.mjtGeom.mjGEOM_BOX: "box",
    mujoco.mjtGeom.mjGEOM_SPHERE: "sphere",
    mujoco.mjtGeom.mjGEOM_CYLINDER: "cylinder",
    mujoco.mjtGeom.mjGEOM_CAPSULE: "capsule",
}
_SLIDE = mujoco.mjtJoint.mjJNT_SLIDE


def describe_arm() -> list[dict[str, Any]]:
    """Return the arm on its table; what lies on it is not known on a robot, and left out.

    Returns:
        As ``describe_bodies`` gives it.
    """
    spec = build_arm()
    add_table(spec)
    return describe_bodies(spec.compile())


def describe_bodies(model: mujoco.MjModel) -> list[dict[str, Any]]:
    """Return the bodies of a model as JSON, each after its parent; the first is the base.

    Returns:
        Of each body ``name``; ``parent``, an index; ``position`` [m] and ``orientation`` (xyzw)
        in the parent with its joint at 0; ``joint``, None or ``name``, ``axis`` (body) and whether
        it ``slides``; ``shapes``, each with ``kind``, ``position`` and ``orientation`` in the body,
        MuJoCo's ``size`` [m] and ``color``, red, green, blue and opacity from 0 to 1.

    Raises:
        ValueError: When a shape is neither box, sphere, cylinder nor capsule.
    """
    return [_describe_body(model, index) for index in range(model.nbody)]


def _describe_body(model: mujoco.MjModel, index: int) -> dict[str, Any]:
    body = model.body(index)
    joint = None
    if model.body_jntnum[index]:
        found = model.joint(model.body_jntadr[index])
        joint = {
            "name": found.name,
            "axis": found.axis.tolist(),
            "slides": bool(found.type[0] == _SLIDE),
        }
    first = model.body_geomadr[index]
    shapes = range(first, first + model.body_geomnum[index])
    return {
        "name": body.name,
        "parent": int(body.parentid[0]),
        **_describe_place(body),
        "joint": joint,
        "shapes": [_describe_shape(model.geom(shape)) for shape in shapes],
    }


def _describe_shape(geom: Any) -> dict[str, Any]:  # noqa: ANN401 - MuJoCo's view of a geom
    kind = _KINDS.get(mujoco.mjtGeom(geom.type[0]))
    if kind is None:
        raise ValueError(
            f"describe_bodies: expected shapes as {', '.join(_KINDS.values())}, got "
            f"{mujoco.mjtGeom(geom.type[0]).name} for {geom.name!r}. Fix: use one of these."
        )
    return {
        "kind": kind,
        **_describe_place(geom),
        "size": geom.size.tolist(),
        "color": [round(float(part), 3) for part in geom.rgba],
    }


def _describe_place(item: Any) -> dict[str, Any]:  # noqa: ANN401 - MuJoCo's view of a body or geom
    real, *imaginary = item.quat.tolist()
    return {"position": item.pos.tolist(), "orientation": [*imaginary, real]}
