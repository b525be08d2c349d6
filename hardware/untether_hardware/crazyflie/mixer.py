"""The mixer: rotor thrusts to collective thrust and body torques, and back."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from untether_hardware.crazyflie.description import QuadrotorDescription


def mixer_matrix(description: QuadrotorDescription) -> NDArray[np.float64]:
    """Return the matrix that maps rotor thrusts to a wrench.

    Args:
        description: The quadrotor.

    Returns:
        (4, 4): rows are collective thrust [N] along +z and torques about x, y, z [N m], base_link;
        columns are rotor thrusts [N] in the description's order.
    """
    position = np.asarray(description.rotor_positions)  # (4, 3) [m] base_link
    direction = np.asarray(description.rotor_directions, dtype=float)  # (4,) [1]
    # A force f along +z at (x, y, z) gives the torque (y f, -x f, 0).
    return np.stack(
        [np.ones(4), position[:, 1], -position[:, 0], direction * description.torque_to_thrust]
    )


def thrust_to_wrench(
    description: QuadrotorDescription, thrust: Sequence[float] | NDArray[np.float64]
) -> tuple[float, tuple[float, float, float]]:
    """Return the collective thrust and the torques that four rotors make.

    Args:
        description: The quadrotor.
        thrust: Rotor thrusts, (4,) [N].

    Returns:
        Collective thrust [N] along +z of base_link, and torques (3,) [N m] base_link.
    """
    collective, *torque = (mixer_matrix(description) @ np.asarray(thrust, dtype=float)).tolist()
    return collective, (torque[0], torque[1], torque[2])


def wrench_to_thrust(
    description: QuadrotorDescription,
    collective: float,
    torque: Sequence[float],
) -> tuple[float, float, float, float]:
    """Return the rotor thrusts that make a wrench; they are not clipped to what a rotor can do.

    Args:
        description: The quadrotor.
        collective: Collective thrust [N] along +z of base_link.
        torque: Torques about x, y, z, (3,) [N m] base_link.

    Returns:
        Rotor thrusts, (4,) [N].
    """
    wrench = np.array([collective, *torque], dtype=float)
    thrust = np.linalg.solve(mixer_matrix(description), wrench).tolist()
    return thrust[0], thrust[1], thrust[2], thrust[3]
