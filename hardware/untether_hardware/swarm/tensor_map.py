"""Maps what a swarm knows to a policy's batched tensors, and its outputs to rotor thrusts."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from untether_hardware.swarm.distance_field import POINTS
from untether_hardware.swarm.observation import SwarmObservation
from untether_hardware.swarm.state import Floats
from untether_hardware.tensor_map import (
    TensorMapError,
    find_source,
    find_thrust,
    flatten_tensor,
    order_elements,
)
from untether_policies.contract import Contract, TensorSpec

__all__ = ["SwarmTensorMap", "TensorMapError"]

_Reader = Callable[[SwarmObservation], Floats]
_MAP, _BODY = "map", "base_link"
_AXES = ("x", "y", "z")
_NEIGHBOUR = "custom/neighbour/"
_READERS: dict[str, dict[str, _Reader]] = {
    "state/body/position": {_MAP: lambda seen: seen.state.position},
    "state/body/rotation": {_MAP: lambda seen: seen.state.orientation},
    "state/body/linear_velocity": {_MAP: lambda seen: seen.state.linear_velocity},
    "state/body/angular_velocity": {_BODY: lambda seen: seen.state.angular_velocity},
    "command/body/position": {_MAP: lambda seen: seen.goal},
    "custom/neighbour/position": {_MAP: lambda seen: seen.neighbour_position},
    "custom/neighbour/linear_velocity": {_MAP: lambda seen: seen.neighbour_velocity},
    "custom/obstacle/distance": {_MAP: lambda seen: seen.obstacle_distance},
    "custom/obstacle/position": {_MAP: lambda seen: seen.obstacle_position},
    "custom/obstacle/radius": {_MAP: lambda seen: seen.obstacle_radius},
}
# The kinds whose unit the vocabulary leaves open.
_UNITS = {
    "custom/neighbour/position": "m",
    "custom/neighbour/linear_velocity": "m/s",
    "custom/obstacle/distance": "m",
    "custom/obstacle/position": "m",
    "custom/obstacle/radius": "m",
}
# The tensors with a row for each of what they are about, and how long a row is.
_ROWS = {
    "custom/neighbour/position": ("neighbours", 3),
    "custom/neighbour/linear_velocity": ("neighbours", 3),
    "custom/obstacle/position": ("obstacles", 2),
}


class SwarmTensorMap:
    """Writes what all drones know into a policy's inputs, and reads their rotor thrusts from it.

    Everything is matched by kind, frame and element name, never by position, once, at construction;
    ``write`` and ``read`` then copy whole arrays. Beside the kinds of a lone drone (position,
    rotation, linear velocity and goal position in map, angular velocity in base_link) there are
    ``custom/neighbour/position`` and ``custom/neighbour/linear_velocity``, (neighbours, 3) with
    elements ``n1_x`` to ``nK_z``, and of the columns either ``custom/obstacle/distance`` with
    elements ``xm_ym`` to ``xp_yp``, or ``custom/obstacle/position``, (obstacles, 2) with elements
    ``o1_x`` to ``oL_y``, and ``custom/obstacle/radius`` with elements ``o1`` to ``oL``; all in map.

    Attributes:
        neighbours: How many others a drone of this policy sees.
        obstacles: How many columns it sees one by one.
    """

    def __init__(
        self,
        contract: Contract,
        inputs: Mapping[str, NDArray[np.float32]],
        outputs: Mapping[str, NDArray[np.float32]],
        *,
        rotor_names: Sequence[str],
        drones: int,
    ) -> None:
        """Match a policy's tensors with a swarm.

        Args:
            contract: The policy's contract.
            inputs: The policy's input arrays, (drones, *shape) each; ``write`` writes into them.
            outputs: The policy's output arrays, (drones, *shape) each; ``read`` reads from them.
            rotor_names: Names of a robot's rotors, in the order that ``read`` returns.
            drones: How many drones there are.

        Raises:
            TensorMapError: When a tensor's kind, unit, frame or elements cannot be mapped.
        """
        self.neighbours = max(_count_rows(spec, "neighbours") for spec in contract.inputs)
        self.obstacles = max(_count_rows(spec, "obstacles") for spec in contract.inputs)
        self._inputs: list[tuple[NDArray[np.float32], _Reader, list[int]]] = []
        for spec in contract.inputs:
            reader = find_source(spec, _READERS)
            order = order_elements(spec, self._find_names(spec))
            self._inputs.append((_flatten(spec, inputs, drones), reader, order))
        spec, self._thrust_order = find_thrust(contract, rotor_names)
        self._thrust = _flatten(spec, outputs, drones)

    def write(self, observation: SwarmObservation) -> None:
        """Write the policy's inputs.

        Args:
            observation: What the drones know, with as many neighbours and obstacles as the policy
                sees.
        """
        for array, reader, order in self._inputs:
            values = reader(observation)
            array[:] = values.reshape(len(array), -1)[:, order]

    def read(self) -> Floats:
        """Return the last step's rotor thrusts, (drones, rotors) [N], in the robot's order."""
        return self._thrust[:, self._thrust_order].astype(float)

    def _find_names(self, spec: TensorSpec) -> tuple[str, ...]:
        """Return the names of the values that fill an input, in the swarm's order."""
        expected = _UNITS.get(spec.kind, spec.unit)
        if spec.unit != expected:
            raise TensorMapError(
                f"input {spec.name!r} of kind {spec.kind}",
                expected=f"unit {expected}",
                got=spec.unit,
                fix="state the tensor in SI units in the contract, and in the graph",
            )
        if len(spec.elements) != spec.size:
            raise TensorMapError(
                f"input {spec.name!r} of kind {spec.kind}",
                expected=f"a name for each of its {spec.size} values",
                got=f"{len(spec.elements)} names",
                fix="name the elements in the contract",
            )
        if spec.kind.startswith(_NEIGHBOUR):
            ranks = range(1, self.neighbours + 1)
            return tuple(f"n{rank}_{axis}" for rank, axis in product(ranks, _AXES))
        ranks = range(1, self.obstacles + 1)
        if spec.kind == "custom/obstacle/position":
            return tuple(f"o{rank}_{axis}" for rank, axis in product(ranks, _AXES[:2]))
        if spec.kind == "custom/obstacle/radius":
            return tuple(f"o{rank}" for rank in ranks)
        if spec.kind == "custom/obstacle/distance":
            return POINTS
        return (*_AXES, "w") if spec.kind.endswith("/rotation") else _AXES


def _count_rows(spec: TensorSpec, what: str) -> int:
    """Return how many neighbours or obstacles an input holds, in rows."""
    rows_of, length = _ROWS.get(spec.kind, ("", 0))
    if rows_of != what:
        return 0
    if len(spec.shape) != 2 or spec.shape[1] != length:
        raise TensorMapError(
            f"input {spec.name!r} of kind {spec.kind}",
            expected=f"shape ({what}, {length})",
            got=f"shape {spec.shape}",
            fix=f"give each of the {what} a row",
        )
    return spec.shape[0]


def _flatten(
    spec: TensorSpec, arrays: Mapping[str, NDArray[np.float32]], drones: int
) -> NDArray[np.float32]:
    """Return a tensor as a flat view with one row a drone, (drones, size)."""
    flat = flatten_tensor(spec, arrays, drones - 1)
    if len(flat) != drones:
        raise TensorMapError(
            f"array of {spec.name!r}",
            expected=f"{drones} rows, one for each drone",
            got=f"{len(flat)} rows",
            fix=f"load the policy with batch={drones}",
        )
    return flat
