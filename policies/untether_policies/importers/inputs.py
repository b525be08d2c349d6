"""The input tensors that imported policies read, by the names that all importers share."""

from collections.abc import Iterable, Sequence

from untether_policies.tensors import TensorSpec

ORIENTATION = "orientation"
ANGULAR_VELOCITY = "angular_velocity"
LINEAR_VELOCITY = "linear_velocity"
JOINT_POSITION = "joint_position"
JOINT_VELOCITY = "joint_velocity"
LINEAR_COMMAND = "linear_velocity_command"
ANGULAR_COMMAND = "angular_velocity_command"
VELOCITY_COMMAND = (LINEAR_COMMAND, ANGULAR_COMMAND)  # joined: x and y [m/s], yaw rate [rad/s]

# A measurement may be missed a few times; an operator's command must not outlive its sender long.
_STATE_PERIODS = 5
_COMMAND_AGE = 0.5  # [s]

_KINDS = {
    # name: kind, elements (None: the joints), unit, frame
    ORIENTATION: ("state/body/rotation", ("x", "y", "z", "w"), "1", "map"),
    ANGULAR_VELOCITY: ("state/body/angular_velocity", ("x", "y", "z"), "rad/s", "base_link"),
    LINEAR_VELOCITY: ("state/body/linear_velocity", ("x", "y", "z"), "m/s", "base_link"),
    JOINT_POSITION: ("state/joint/position", None, "rad", "joint"),
    JOINT_VELOCITY: ("state/joint/velocity", None, "rad/s", "joint"),
    LINEAR_COMMAND: ("command/body/linear_velocity", ("x", "y"), "m/s", "base_link"),
    ANGULAR_COMMAND: ("command/body/angular_velocity", ("z",), "rad/s", "base_link"),
}


def make_inputs(names: Iterable[str], joints: Sequence[str], rate: float) -> tuple[TensorSpec, ...]:
    """Return the tensors with these names, in one order whatever the order of the names.

    Args:
        names: Names out of this module's constants; others are left out.
        joints: Joint names, the elements of the joint tensors.
        rate: Control rate [Hz], from which the age of measurements follows.
    """
    wanted = set(names)
    return tuple(_make_input(name, joints, rate) for name in _KINDS if name in wanted)


def _make_input(name: str, joints: Sequence[str], rate: float) -> TensorSpec:
    kind, elements, unit, frame = _KINDS[name]
    names = tuple(joints) if elements is None else elements
    return TensorSpec(
        name=name,
        kind=kind,
        elements=names,
        shape=(len(names),),
        unit=unit,
        frame=frame,
        max_age=_STATE_PERIODS / rate if kind.startswith("state/") else _COMMAND_AGE,
        quaternion_order="xyzw" if name == ORIENTATION else None,
    )
