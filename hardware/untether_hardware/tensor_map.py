"""Maps what a robot knows to a policy's named tensors, and its outputs to rotor thrusts."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from untether_hardware.setpoint import Setpoint, Vector3
from untether_hardware.state import BodyState
from untether_policies.contract import Contract, TensorSpec
from untether_policies.errors import BundleError

_Quaternion = tuple[float, float, float, float]
_Reader = Callable[[BodyState, Setpoint], Sequence[float]]
_MAP, _BODY = "map", "base_link"
_AXES = ("x", "y", "z")
_ROTATION = ("x", "y", "z", "w")
_THRUST = "command/rotor/thrust"
_Source = TypeVar("_Source")


class TensorMapError(BundleError):
    """A policy wants or gives something that this robot cannot map."""


class TensorMap:
    """Writes a body's state and goal into a policy's inputs, and reads rotor thrusts from it.

    Everything is matched by kind, frame and element name, never by position, once, at construction;
    ``write`` and ``read`` then copy a few floats. Supported are the kinds ``state/body/position``,
    ``rotation``, ``linear_velocity``, ``angular_velocity`` and ``gravity_direction``,
    ``command/body/position`` and ``linear_velocity``, and the output ``command/rotor/thrust``.
    In frame ``base_link`` a commanded position is relative to the body, along the body's axes.
    """

    def __init__(
        self,
        contract: Contract,
        inputs: Mapping[str, NDArray[np.float32]],
        outputs: Mapping[str, NDArray[np.float32]],
        *,
        rotor_names: Sequence[str],
        index: int = 0,
    ) -> None:
        """Match a policy's tensors with a robot.

        Args:
            contract: The policy's contract.
            inputs: The policy's input arrays, (batch, *shape) each; ``write`` writes into them.
            outputs: The policy's output arrays, (batch, *shape) each; ``read`` reads from them.
            rotor_names: Names of the robot's rotors, in the order that ``read`` returns.
            index: Which robot of the policy's batch this one is.

        Raises:
            TensorMapError: When a tensor's kind, frame or elements cannot be mapped.
        """
        self._inputs: list[tuple[NDArray[np.float32], _Reader, list[tuple[int, int]]]] = []
        for spec in contract.inputs:
            reader = find_source(spec, _READERS)
            names = _ROTATION if spec.kind.endswith("/rotation") else _AXES
            order = list(enumerate(order_elements(spec, names)))
            self._inputs.append((flatten_tensor(spec, inputs, index)[index], reader, order))
        spec, self._thrust_order = find_thrust(contract, rotor_names)
        self._thrust = flatten_tensor(spec, outputs, index)[index]

    def write(self, state: BodyState, setpoint: Setpoint) -> None:
        """Write the policy's inputs.

        Args:
            state: What the odometry told.
            setpoint: What the body is to reach.
        """
        for array, reader, order in self._inputs:
            values = reader(state, setpoint)
            for i, j in order:
                array[i] = values[j]

    def read(self) -> tuple[float, ...]:
        """Return the last step's rotor thrusts, (rotors,) [N], in the robot's order."""
        values = self._thrust.tolist()
        return tuple([values[i] for i in self._thrust_order])


def _position(state: BodyState, setpoint: Setpoint) -> Vector3:
    return state.position


def _rotation(state: BodyState, setpoint: Setpoint) -> _Quaternion:
    return state.orientation


def _linear_velocity(state: BodyState, setpoint: Setpoint) -> Vector3:
    return state.linear_velocity


def _linear_velocity_body(state: BodyState, setpoint: Setpoint) -> Vector3:
    return _to_body(state.orientation, state.linear_velocity)


def _angular_velocity_body(state: BodyState, setpoint: Setpoint) -> Vector3:
    return state.angular_velocity


def _angular_velocity(state: BodyState, setpoint: Setpoint) -> Vector3:
    x, y, z, w = state.orientation
    return _to_body((-x, -y, -z, w), state.angular_velocity)


def _gravity_direction(state: BodyState, setpoint: Setpoint) -> Vector3:
    return _to_body(state.orientation, (0.0, 0.0, -1.0))


def _goal_position(state: BodyState, setpoint: Setpoint) -> Vector3:
    return setpoint.position


def _goal_position_body(state: BodyState, setpoint: Setpoint) -> Vector3:
    (x, y, z), (px, py, pz) = setpoint.position, state.position
    return _to_body(state.orientation, (x - px, y - py, z - pz))


def _goal_velocity(state: BodyState, setpoint: Setpoint) -> Vector3:
    return setpoint.linear_velocity


def _goal_velocity_body(state: BodyState, setpoint: Setpoint) -> Vector3:
    return _to_body(state.orientation, setpoint.linear_velocity)


_READERS: dict[str, dict[str, _Reader]] = {
    "state/body/position": {_MAP: _position},
    "state/body/rotation": {_MAP: _rotation},
    "state/body/linear_velocity": {_MAP: _linear_velocity, _BODY: _linear_velocity_body},
    "state/body/angular_velocity": {_MAP: _angular_velocity, _BODY: _angular_velocity_body},
    "state/body/gravity_direction": {_BODY: _gravity_direction},
    "command/body/position": {_MAP: _goal_position, _BODY: _goal_position_body},
    "command/body/linear_velocity": {_MAP: _goal_velocity, _BODY: _goal_velocity_body},
}


def _to_body(orientation: _Quaternion, vector: Vector3) -> Vector3:
    """Return a vector of frame map in the frame of a body with this orientation."""
    x, y, z, w = orientation
    a, b, c = vector
    # v' = v + 2 q × (q × v - w v), with q the vector part: the inverse rotation.
    d = y * c - z * b - w * a
    e = z * a - x * c - w * b
    f = x * b - y * a - w * c
    return a + 2.0 * (y * f - z * e), b + 2.0 * (z * d - x * f), c + 2.0 * (x * e - y * d)


def find_source(spec: TensorSpec, sources: Mapping[str, Mapping[str, _Source]]) -> _Source:
    """Return what fills an input.

    Args:
        spec: The input.
        sources: What fills an input, by kind and frame.

    Raises:
        TensorMapError: When nothing has this kind and frame.
    """
    frames = sources.get(spec.kind)
    if frames is None:
        raise TensorMapError(
            f"input {spec.name!r}",
            expected=f"a kind that this robot measures or is told: {', '.join(sources)}",
            got=spec.kind,
            fix="use a policy that needs no more than that",
        )
    if spec.frame not in frames:
        raise TensorMapError(
            f"input {spec.name!r} of kind {spec.kind}",
            expected=f"frame {' or '.join(frames)}",
            got=spec.frame,
            fix="state the tensor in one of these frames in the contract, and in the graph",
        )
    return frames[spec.frame]


def order_elements(spec: TensorSpec, names: Sequence[str]) -> list[int]:
    """Return which of the robot's values each element of an input is.

    Args:
        spec: The input.
        names: Names of the robot's values.

    Raises:
        TensorMapError: When an element is none of them.
    """
    for element in spec.elements:
        if element not in names:
            raise TensorMapError(
                f"input {spec.name!r} of kind {spec.kind}",
                expected=f"elements among {', '.join(names)}",
                got=element,
                fix="name the elements as the robot does",
            )
    return [names.index(element) for element in spec.elements]


def find_thrust(contract: Contract, rotor_names: Sequence[str]) -> tuple[TensorSpec, list[int]]:
    """Return the output that commands the rotors, and which of its values each rotor has.

    Args:
        contract: The policy's contract.
        rotor_names: Names of the robot's rotors.

    Raises:
        TensorMapError: When there is another output, or one for other rotors.
    """
    found = [spec for spec in contract.outputs if spec.kind == _THRUST]
    if len(found) != 1 or len(contract.outputs) != 1:
        raise TensorMapError(
            f"outputs of {contract.name!r}",
            expected=f"one output, of kind {_THRUST}",
            got=", ".join(spec.kind for spec in contract.outputs) or "none",
            fix="use a policy that commands rotor thrusts",
        )
    elements = found[0].elements
    if sorted(elements) != sorted(rotor_names):
        raise TensorMapError(
            f"output {found[0].name!r}",
            expected=f"one element for each rotor: {', '.join(rotor_names)}",
            got=", ".join(elements),
            fix="use a policy that was made for this robot",
        )
    return found[0], [elements.index(name) for name in rotor_names]


def flatten_tensor(
    spec: TensorSpec, arrays: Mapping[str, NDArray[np.float32]], index: int
) -> NDArray[np.float32]:
    """Return a tensor as a flat view that shares the policy's memory, (batch, size).

    Args:
        spec: The tensor.
        arrays: The policy's arrays, (batch, *shape) each.
        index: A row of the batch that has to be there.

    Raises:
        TensorMapError: When the array is not that of the tensor.
    """
    array = arrays.get(spec.name)
    if array is None or array.shape[1:] != spec.shape or not 0 <= index < array.shape[0]:
        raise TensorMapError(
            f"array of {spec.name!r}",
            expected=f"shape (batch, {', '.join(map(str, spec.shape))}) with a row {index}",
            got="no array" if array is None else f"shape {array.shape}",
            fix="pass the inputs and outputs of the policy whose contract this is",
        )
    flat = array.reshape(array.shape[0], -1)
    if not np.shares_memory(flat, array):
        raise TensorMapError(
            f"array of {spec.name!r}",
            expected="a C-contiguous array",
            got=f"strides {array.strides}",
            fix="pass the policy's own arrays, not a transposed view of them",
        )
    return flat
