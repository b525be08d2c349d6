"""The state of a batch of quadrotors, kept as rows of one tensor."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

ROWS = 17
"""Rows of the storage: position 3, orientation 4, linear and angular velocity 3 + 3, rotors 4."""


@dataclass(frozen=True, slots=True)
class QuadrotorState:
    """State of N quadrotors; every field is a view of `storage`, so writing to it writes the state.

    Quantities lie in rows, drones in columns: each row is contiguous, which is what makes
    the element-wise dynamics fast on a CPU and coalesced on a GPU.

    Attributes:
        storage: (17, N); the rows of all the fields below, in their order.
        position: (3, N) [m] map; the centre of mass.
        orientation: (4, N) [1], unit quaternion x, y, z, w that turns base_link into map.
        linear_velocity: (3, N) [m/s] map.
        angular_velocity: (3, N) [rad/s] base_link.
        rotor_speed: (4, N) [1]; root of each rotor's thrust over its largest thrust.
    """

    storage: Tensor
    position: Tensor
    orientation: Tensor
    linear_velocity: Tensor
    angular_velocity: Tensor
    rotor_speed: Tensor

    @classmethod
    def from_storage(cls, storage: Tensor) -> QuadrotorState:
        """Return the state whose fields are views of a (17, N) tensor.

        Raises:
            ValueError: If the tensor does not have 17 rows.
        """
        if storage.ndim != 2 or storage.shape[0] != ROWS:
            raise ValueError(
                f"storage of a quadrotor state: expected shape ({ROWS}, N), "
                f"got {tuple(storage.shape)}; make it with QuadrotorState.at_rest"
            )
        return cls(storage, storage[:3], storage[3:7], storage[7:10], storage[10:13], storage[13:])

    @classmethod
    def at_rest(cls, count: int, device: torch.device | str = "cpu") -> QuadrotorState:
        """Return `count` level quadrotors at the origin, at rest, with their rotors stopped."""
        storage = torch.zeros(ROWS, count, device=device)
        storage[6] = 1.0
        return cls.from_storage(storage)

    @property
    def count(self) -> int:
        """Number of quadrotors."""
        return self.storage.shape[1]

    def clone(self) -> QuadrotorState:
        """Return an independent copy."""
        return QuadrotorState.from_storage(self.storage.clone())

    def assign(self, indices: Tensor, other: QuadrotorState) -> None:
        """Overwrite some quadrotors.

        Args:
            indices: (M,) columns to overwrite.
            other: The M states to write there.
        """
        self.storage.index_copy_(1, indices, other.storage)
