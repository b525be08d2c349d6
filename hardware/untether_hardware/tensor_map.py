"""Maps what a robot knows to a policy's named tensors, and its outputs to rotor thrusts."""

from collections.abc import Callable, Mapping, Sequence

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
            reader, names = _find_reader(spec)
            order = [
                (i, _find_element(spec, element, names)) for i, element in enumerate(spec.elements)
            ]
            self._inputs.append((_flatten(spec, inputs, index), reader, order))
        spec = _find_thrust(contract)
        if sorted(spec.elements) != sorted(rotor_names):
            raise TensorMapError(
                f"output {spec.name!r}",
                expected=f"one element for each rotor: {', '.join(rotor_names)}",
                got=", ".join(spec.elements),
                fix="use a policy that was made for this robot",
            )
        self._thrust = _flatten(spec, outputs, index)
        self._thrust_order = [spec.elements.index(name) for name in rotor_names]

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


def _find_reader(spec: TensorSpec) -> tuple[_Reader, tuple[str, ...]]:
    frames = _READERS.get(spec.kind)
    if frames is None:
        raise TensorMapError(
            f"input {spec.name!r}",
            expected=f"a kind that this robot measures or is told: {', '.join(_READERS)}",
            got=spec.kind,
            fix="use a policy that needs no more than odometry and a goal",
        )
    if spec.frame not in frames:
        raise TensorMapError(
            f"input {spec.name!r} of kind {spec.kind}",
            expected=f"frame {' or '.join(frames)}",
            got=spec.frame,
            fix="state the tensor in one of these frames in the contract, and in the graph",
        )
    return frames[spec.frame], _ROTATION if spec.kind.endswith("/rotation") else _AXES


def _find_element(spec: TensorSpec, element: str, names: tuple[str, ...]) -> int:
    if element not in names:
        raise TensorMapError(
            f"input {spec.name!r} of kind {spec.kind}",
            expected=f"elements among {', '.join(names)}",
            got=element,
            fix="name the elements by their axes",
        )
    return names.index(element)


def _find_thrust(contract: Contract) -> TensorSpec:
    found = [spec for spec in contract.outputs if spec.kind == _THRUST]
    if len(found) != 1 or len(contract.outputs) != 1:
        raise TensorMapError(
            f"outputs of {contract.name!r}",
            expected=f"one output, of kind {_THRUST}",
            got=", ".join(spec.kind for spec in contract.outputs) or "none",
            fix="use a policy that commands rotor thrusts",
        )
    return found[0]


def _flatten(
    spec: TensorSpec, arrays: Mapping[str, NDArray[np.float32]], index: int
) -> NDArray[np.float32]:
    """Return one robot's values of a tensor as a flat view that shares the policy's memory."""
    array = arrays.get(spec.name)
    if array is None or array.shape[1:] != spec.shape or not 0 <= index < array.shape[0]:
        raise TensorMapError(
            f"array of {spec.name!r}",
            expected=f"shape (batch, {', '.join(map(str, spec.shape))}) with a row {index}",
            got="no array" if array is None else f"shape {array.shape}",
            fix="pass the inputs and outputs of the policy whose contract this is",
        )
    flat = array[index].reshape(-1)
    if not np.shares_memory(flat, array):
        raise TensorMapError(
            f"array of {spec.name!r}",
            expected="a C-contiguous array",
            got=f"strides {array.strides}",
            fix="pass the policy's own arrays, not a transposed view of them",
        )
    return flat
