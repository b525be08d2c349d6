"""A box with a button under a lid, which swings aside about a pin."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco

from untether_hardware.franka.shapes import Color

LID_JOINT, BUTTON_JOINT = "lid_hinge", "button_travel"

_BOX_COLOR: Color = (0.25, 0.35, 0.55, 1.0)
_LID_COLOR: Color = (0.93, 0.90, 0.80, 1.0)
_KNOB_COLOR: Color = (0.95, 0.60, 0.05, 1.0)
_BUTTON_COLOR: Color = (0.85, 0.08, 0.08, 1.0)
_CONTACT = {"friction": (0.4, 0.005, 0.0001), "solref": (0.004, 1.0)}


@dataclass(frozen=True)
class LidBoxShape:
    """Sizes of box, lid and button.

    Attributes:
        half_size: Of the box, (3,) [m].
        pin: From the box's middle to the lid's pin, along y [m].
        knob: From the pin to the knob's middle [m].
        knob_half_size: (3,) [m].
        lid_half_size: (3,) [m]; it reaches from the pin over the button.
        lid_height: Of the lid's underside above the box [m].
        lid_friction: Torque that moves the lid [N m].
        open_angle: By which the lid swings at most [rad].
        button: From the pin to the button's middle [m].
        button_radius: [m].
        button_height: Of the button's top above the box [m].
        button_travel: By which the button can be pressed [m].
        button_stiffness: [N/m].
    """

    half_size: tuple[float, float, float] = (0.045, 0.065, 0.015)
    pin: float = -0.050
    knob: float = 0.088
    knob_half_size: tuple[float, float, float] = (0.008, 0.008, 0.016)
    lid_half_size: tuple[float, float, float] = (0.026, 0.050, 0.0025)
    lid_height: float = 0.016
    lid_friction: float = 0.08
    open_angle: float = math.radians(110.0)
    button: float = 0.050
    button_radius: float = 0.014
    button_height: float = 0.0145
    button_travel: float = 0.006
    button_stiffness: float = 1200.0


def add_lid_box(spec: mujoco.MjSpec, name: str, shape: LidBoxShape) -> None:
    """Add a box that can be put somewhere before an episode, as a body of motion capture.

    Its frame's origin is in the middle of its underside, z up. The closed lid lies along y; open,
    it has swung towards +x about the pin.

    Args:
        spec: Model of the arm.
        name: Of the body.
        shape: Sizes.
    """
    body = spec.worldbody.add_body(name=name, mocap=True, pos=(0.5, 0.0, 0.0))
    top = 2.0 * shape.half_size[2]
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=(0.0, 0.0, shape.half_size[2]),
        size=shape.half_size,
        rgba=_BOX_COLOR,
        **_CONTACT,
    )
    _add_lid(body, shape, top)
    button = body.add_body(
        name="button", pos=(0.0, shape.pin + shape.button, top + shape.button_height)
    )
    button.add_joint(
        name=BUTTON_JOINT,
        type=mujoco.mjtJoint.mjJNT_SLIDE,
        axis=(0.0, 0.0, -1.0),
        range=(0.0, shape.button_travel),
        stiffness=shape.button_stiffness,
        damping=8.0,
        armature=0.02,
        solref_limit=(0.004, 1.0),
    )
    half = 0.5 * (shape.button_height - shape.button_travel) - 0.0005
    button.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        pos=(0.0, 0.0, -half),
        size=(shape.button_radius, half, 0.0),
        mass=0.01,
        rgba=_BUTTON_COLOR,
        **_CONTACT,
    )


def _add_lid(body: mujoco.MjsBody, shape: LidBoxShape, top: float) -> None:
    lid = body.add_body(name="lid", pos=(0.0, shape.pin, top + shape.lid_height))
    lid.add_joint(
        name=LID_JOINT,
        axis=(0.0, 0.0, -1.0),
        range=(0.0, shape.open_angle),
        frictionloss=shape.lid_friction,
        damping=0.02,
        armature=0.001,
        solref_limit=(0.004, 1.0),
    )
    x, y, z = shape.lid_half_size
    lid.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=(0.0, y, z),
        size=(x, y, z),
        mass=0.03,
        rgba=_LID_COLOR,
        **_CONTACT,
    )
    lid.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=(0.0, shape.knob, 2.0 * z + shape.knob_half_size[2]),
        size=shape.knob_half_size,
        mass=0.01,
        rgba=_KNOB_COLOR,
        **_CONTACT,
    )
