"""The named tensors of an arm's policies, and how they are filled and read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.description import FR3
from untether_hardware.franka.model import FRONT_CAMERA, WRIST_CAMERA
from untether_hardware.franka.state import ArmState, GripperCommand
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.manipulation.config import ManipulationConfig
from untether_policies.contract import Contract, TensorSpec
from untether_policies.errors import ContractError

CAMERAS = (FRONT_CAMERA.name, WRIST_CAMERA.name)

_BASE, _TOOL = "base_link", "tool"
_AXES = ("x", "y", "z")
_RATE_TOLERANCE = 0.01  # part of the rate
_STATE_AGE = 0.05  # [s]
_PICTURE_AGE = 0.15  # [s]
_LINEAR, _ANGULAR, _GRIPPER = "linear_velocity", "angular_velocity", "gripper"

_Arrays = Mapping[str, NDArray[np.float32]]


def list_inputs(image_size: int) -> tuple[TensorSpec, ...]:
    """Return what an arm measures, pictures last.

    Args:
        image_size: Width and height of the pictures [px].
    """

    def vector(name: str, kind: str, unit: str) -> TensorSpec:
        return TensorSpec(name, kind, _AXES, (3,), unit, _BASE, _STATE_AGE)

    shape = (image_size, image_size, 3)
    return (
        vector("tool_position", "state/end_effector/position", "m"),
        TensorSpec(
            "tool_rotation",
            "state/end_effector/rotation",
            (*_AXES, "w"),
            (4,),
            "1",
            _BASE,
            _STATE_AGE,
            quaternion_order="xyzw",
        ),
        vector("tool_linear_velocity", "state/end_effector/linear_velocity", "m/s"),
        vector("tool_angular_velocity", "state/end_effector/angular_velocity", "rad/s"),
        vector("tool_force", "state/contact/force", "N"),
        vector("tool_torque", "state/contact/torque", "N m"),
        TensorSpec(
            "gripper_width", "state/gripper/position", ("width",), (1,), "m", "joint", _STATE_AGE
        ),
        *(
            TensorSpec(
                f"image_{camera}", "state/camera/image", (), shape, "1", camera, _PICTURE_AGE
            )
            for camera in CAMERAS
        ),
    )


def list_outputs(config: ManipulationConfig) -> tuple[TensorSpec, ...]:
    """Return what an arm is told in a task.

    Args:
        config: Of the task, with its largest velocities.
    """
    linear = 3 * (config.translation_scale / config.period,)
    angular = 3 * (config.rotation_scale / config.period,)

    def twist(name: str, unit: str, limit: tuple[float, ...]) -> TensorSpec:
        lower = tuple(-value for value in limit)
        kind = f"command/end_effector/{name}"
        return TensorSpec(
            f"command_{name}", kind, _AXES, (3,), unit, _TOOL, lower=lower, upper=limit
        )

    outputs = [twist(_LINEAR, "m/s", linear), twist(_ANGULAR, "rad/s", angular)]
    if not config.gripper_fixed:
        outputs.append(
            TensorSpec(
                f"command_{_GRIPPER}",
                "command/gripper/motion",
                ("gripper",),
                (1,),
                "1",
                "joint",
                lower=(-1.0,),
                upper=(1.0,),
            )
        )
    return tuple(outputs)


def require_arm_policy(contract: Contract) -> int:
    """Refuse a policy that takes or gives something that an arm cannot map.

    Returns:
        Width and height of its pictures [px].

    Raises:
        ContractError: When a tensor is missing, unknown, or of another kind, frame or shape.
    """
    name = f"image_{CAMERAS[0]}"
    size = contract.input(name).shape[0]
    known = {spec.name: _describe(spec) for spec in list_inputs(size)}
    outputs = {spec.name: _describe(spec) for spec in list_outputs(ManipulationConfig())}
    for spec in contract.inputs:
        _require(spec, known, "input")
    for spec in contract.outputs:
        _require(spec, outputs, "output")
    for needed in (_LINEAR, _ANGULAR):
        contract.output(f"command_{needed}")
    return size


def find_arm_misfit(contract: Contract, rate: float) -> str | None:
    """Return why a policy does not fit the arm, or None when it does.

    Args:
        contract: Of the policy.
        rate: The arm's control rate [Hz].
    """
    if contract.robot != FR3.name:
        return f"robot: expected {FR3.name!r}, got {contract.robot!r}; choose a bundle for this arm"
    if abs(contract.rate - rate) > _RATE_TOLERANCE * rate:
        return f"rate: expected {rate:g} Hz, got {contract.rate:g} Hz; choose a bundle of this rate"
    try:
        require_arm_policy(contract)
    except ContractError as error:
        return str(error)
    return None


def measure_inputs(
    state: ArmState, pictures: Mapping[str, NDArray[np.uint8]]
) -> dict[str, NDArray[np.float32]]:
    """Return the values of a policy's inputs, by name, without batch.

    Args:
        state: Of the arm.
        pictures: (size, size, 3), red, green and blue, by the camera's name.
    """
    values = {
        "tool_position": state.pose.position,
        "tool_rotation": state.pose.quaternion,
        "tool_linear_velocity": state.linear_velocity,
        "tool_angular_velocity": state.angular_velocity,
        "tool_force": state.force,
        "tool_torque": state.torque,
        "gripper_width": [state.gripper_width],
    }
    arrays = {name: np.asarray(value, dtype=np.float32) for name, value in values.items()}
    for camera, picture in pictures.items():
        arrays[f"image_{camera}"] = picture.astype(np.float32) / np.float32(255.0)
    return arrays


def read_twist(outputs: _Arrays) -> ToolTwist:
    """Return what a policy wants.

    Args:
        outputs: By name, (1, *shape) each.
    """
    gripper = GripperCommand.STAY
    if f"command_{_GRIPPER}" in outputs:
        gripper = GripperCommand(round(float(outputs[f"command_{_GRIPPER}"][0, 0])))
    return ToolTwist(
        outputs[f"command_{_LINEAR}"][0].astype(float),
        outputs[f"command_{_ANGULAR}"][0].astype(float),
        gripper,
    )


def _describe(spec: TensorSpec) -> tuple[object, ...]:
    return spec.kind, spec.elements, spec.shape, spec.frame, spec.quaternion_order


def _require(spec: TensorSpec, known: Mapping[str, tuple[object, ...]], role: str) -> None:
    if known.get(spec.name) != _describe(spec):
        raise ContractError(
            f"{role}s: {spec.name}",
            expected=f"one of {sorted(known)}, of the arm's kinds, elements, shapes and frames",
            got=str(_describe(spec)),
            fix=f"export a policy for the {FR3.name}, as policies/CONTRACT.md says",
        )
