"""The vocabulary of tensor kinds: what a tensor means, in which units and frames it may come.

A kind reads ``state/...`` (measured) or ``command/...`` (wanted). A runtime maps messages to
tensors by kind and element name, so two tensors of one kind differ only by frame and elements.
``custom/...`` is open: it says "no node can map this by itself; the user feeds it".
"""

import re
from dataclasses import dataclass

from untether_policies.errors import ContractError

AXES = ("x", "y", "z")
UNITS = (
    "1", "m", "m/s", "m/s^2", "rad", "rad/s", "rad/s^2", "N", "N m", "N/m", "N m/rad", "N s/m",
    "N m s/rad", "s", "Pa", "K", "A", "V",
)  # fmt: skip
WORLD_FRAMES = ("map", "odom")
BODY_FRAMES = ("base_link", *WORLD_FRAMES)
TOOL_FRAME = "tool"
NO_FRAME = "none"
_CUSTOM = re.compile(r"custom/[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)*")


@dataclass(frozen=True)
class Kind:
    """What a tensor of this kind may look like.

    Attributes:
        name: e.g. ``"state/body/position"``.
        dimension: the physical dimension, in words.
        units: the units allowed, all SI; joints may be revolute or prismatic, hence more than one.
        frames: the frames allowed; empty when any frame name is.
        axes: True when the elements are an ordered selection of x, y, z.
        quaternion: True when the elements are a unit quaternion, whose order the tensor names.
        grid: True when elements may be left unnamed (images, height maps).
    """

    name: str
    dimension: str
    units: tuple[str, ...]
    frames: tuple[str, ...]
    axes: bool = False
    quaternion: bool = False
    grid: bool = False

    @property
    def is_command(self) -> bool:
        """Whether the tensor says what is wanted, not what is measured."""
        return self.name.startswith("command/")


def _body(root: str) -> tuple[Kind, ...]:
    """Return the kinds of a rigid body's motion: ``root`` is e.g. ``state/body``."""
    # Seen from itself, the robot's body is always at the origin: its pose needs a world frame.
    pose_frames = WORLD_FRAMES if root == "state/body" else BODY_FRAMES
    frames = BODY_FRAMES
    if root.endswith("/end_effector"):
        frames = (TOOL_FRAME, *frames)
    return (
        Kind(f"{root}/position", "length", ("m",), pose_frames, axes=True),
        Kind(f"{root}/rotation", "unit quaternion", ("1",), pose_frames, quaternion=True),
        Kind(f"{root}/linear_velocity", "velocity", ("m/s",), frames, axes=True),
        Kind(f"{root}/angular_velocity", "angular velocity", ("rad/s",), frames, axes=True),
        Kind(f"{root}/linear_acceleration", "acceleration", ("m/s^2",), frames, axes=True),
    )


def _joint(root: str) -> tuple[Kind, ...]:
    """Return the kinds of joint quantities, each about or along the joint's own axis."""
    return (
        Kind(f"{root}/position", "angle or length", ("rad", "m"), ("joint",)),
        Kind(f"{root}/velocity", "angular velocity or velocity", ("rad/s", "m/s"), ("joint",)),
        Kind(f"{root}/effort", "torque or force", ("N m", "N"), ("joint",)),
    )


_ALL = (
    *_body("state/body"),
    # The direction of gravity seen from the body: (0, 0, -1) when level.
    Kind("state/body/gravity_direction", "direction", ("1",), ("base_link",), axes=True),
    # What an accelerometer reads: acceleration minus gravity, (0, 0, 9.81) when level and at rest.
    Kind("state/body/specific_force", "acceleration", ("m/s^2",), ("base_link",), axes=True),
    *_body("state/end_effector"),
    *_body("state/object"),
    *_joint("state/joint"),
    Kind("state/gripper/position", "length", ("m",), ("joint",)),
    Kind("state/rotor/speed", "angular velocity", ("rad/s",), ("base_link",)),
    Kind("state/contact/force", "force", ("N",), BODY_FRAMES),
    Kind("state/contact/torque", "torque", ("N m",), BODY_FRAMES),
    Kind("state/camera/image", "intensity from 0 to 1", ("1",), (), grid=True),
    Kind("state/camera/depth", "length", ("m",), (), grid=True),
    Kind("state/terrain/elevation", "length", ("m",), BODY_FRAMES, grid=True),
    Kind("state/gait/phase", "phase from 0 to 1, or its sine and cosine", ("1",), (NO_FRAME,)),
    *_body("command/body"),
    Kind("command/body/height", "length", ("m",), WORLD_FRAMES),
    Kind("command/body/thrust", "force", ("N",), ("base_link",)),
    *_body("command/end_effector"),
    *_joint("command/joint"),
    # The gains of the position loop that the joint's drive closes.
    Kind("command/joint/stiffness", "stiffness", ("N m/rad", "N/m"), ("joint",)),
    Kind("command/joint/damping", "damping", ("N m s/rad", "N s/m"), ("joint",)),
    Kind("command/gripper/position", "length", ("m",), ("joint",)),
    # Below -0.5 it closes, above 0.5 it opens, in between it goes on with what it does.
    Kind("command/gripper/motion", "direction", ("1",), ("joint",)),
    Kind("command/rotor/thrust", "force", ("N",), ("base_link",)),
    Kind("command/rotor/speed", "angular velocity", ("rad/s",), ("base_link",)),
)
KINDS = {kind.name: kind for kind in _ALL}


def find_kind(name: str, where: str) -> Kind:
    """Return the kind called ``name``.

    Args:
        name: the kind's name as written in a contract.
        where: the part of the contract, for the error message.

    Raises:
        ContractError: when the vocabulary has no such kind.
    """
    if name in KINDS:
        return KINDS[name]
    if _CUSTOM.fullmatch(name):
        return Kind(name, "any", UNITS, (), grid=True)
    raise ContractError(
        f"{where}: kind",
        expected="a kind of the vocabulary, or custom/NAME",
        got=repr(name),
        fix=f"choose one of: {', '.join(_nearest(name))} (all are listed in policies/CONTRACT.md)",
    )


def _nearest(name: str) -> list[str]:
    """Return the kinds that look most like ``name``, at least one."""
    from difflib import get_close_matches

    return get_close_matches(name[:80], KINDS, n=4, cutoff=0.3) or sorted(KINDS)[:4]
