"""The physical parameters of a batch of quadrotors, one column each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription

ROWS = 16
"""Rows of the storage: one for each number that a drone has in `QuadrotorParameters`."""


@dataclass(frozen=True, slots=True)
class QuadrotorParameters:
    """Parameters of N quadrotors; every field is a view of `storage`, as in `QuadrotorState`.

    Attributes:
        storage: (16, N); the rows of all the fields below, in their order.
        mass: (1, N) [kg].
        inertia: (3, N) [kg m^2] base_link; principal moments.
        max_rotor_thrust: (4, N) [N]; what each rotor gives at full command.
        torque_scale: (1, N) [1]; reaction torque over the description's.
        motor_rise_time: (1, N) [s]; time constant of a rotor that speeds up.
        motor_fall_time: (1, N) [s]; time constant of a rotor that slows down.
        spin_up_torque: (1, N) [N m s]; reaction torque of a rotor that speeds up, over the rate of
            its `rotor_speed`: the rotor's inertia times its largest speed.
        drag: (1, N) [N s/m]; force against the velocity, per velocity.
        wind_force: (3, N) [N] map; constant external force.
    """

    storage: Tensor
    mass: Tensor
    inertia: Tensor
    max_rotor_thrust: Tensor
    torque_scale: Tensor
    motor_rise_time: Tensor
    motor_fall_time: Tensor
    spin_up_torque: Tensor
    drag: Tensor
    wind_force: Tensor

    @classmethod
    def from_storage(cls, storage: Tensor) -> QuadrotorParameters:
        """Return the parameters whose fields are views of a (16, N) tensor.

        Raises:
            ValueError: If the tensor does not have 16 rows.
        """
        if storage.ndim != 2 or storage.shape[0] != ROWS:
            raise ValueError(
                f"storage of quadrotor parameters: expected shape ({ROWS}, N), "
                f"got {tuple(storage.shape)}; make it with QuadrotorParameters.nominal"
            )
        return cls(storage, *storage.split((1, 3, 4, 1, 1, 1, 1, 1, 3)))

    @classmethod
    def nominal(
        cls, description: QuadrotorDescription, count: int, device: torch.device | str = "cpu"
    ) -> QuadrotorParameters:
        """Return `count` times the described robot: light rotors, no drag, still air."""
        parameters = cls.from_storage(torch.zeros(ROWS, count, device=device))
        parameters.mass.fill_(description.mass)
        parameters.inertia.copy_(torch.tensor(description.inertia)[:, None])
        parameters.max_rotor_thrust.fill_(description.max_rotor_thrust)
        parameters.torque_scale.fill_(1.0)
        parameters.motor_rise_time.fill_(description.motor_time_constant)
        parameters.motor_fall_time.fill_(description.motor_time_constant)
        return parameters

    @property
    def count(self) -> int:
        """Number of quadrotors."""
        return self.storage.shape[1]

    def assign(self, indices: Tensor, other: QuadrotorParameters) -> None:
        """Overwrite the parameters of the quadrotors in columns `indices` (M,) by those of M."""
        self.storage.index_copy_(1, indices, other.storage)
