"""The least arithmetic that moves a rigid body: the reference of the simulation benchmark."""

import torch
from torch import Tensor

from untether_training.dynamics.state import QuadrotorState


class BareStep:
    """Equal rigid bodies under a constant wrench, semi-implicit Euler, and nothing else.

    No motors, no parameters that differ, no floor, no drag, no limits: what is left is force and
    torque to acceleration to velocity to pose.
    """

    def __init__(self, mass: float, inertia: tuple[float, float, float], timestep: float) -> None:
        """Keep the constants.

        Args:
            mass: [kg].
            inertia: (3,) [kg m^2] base_link; principal moments.
            timestep: [s].
        """
        moments = torch.tensor(inertia)[:, None]  # (3, 1)
        self._timestep = timestep
        self._velocity_gain = timestep / mass
        self._rate_gain = timestep / moments
        self._coupling = timestep * (moments.roll(-1, 0) - moments.roll(-2, 0)) / moments
        self._fall = torch.tensor([0.0, 0.0, -9.81 * timestep])[:, None]

    def step(self, state: QuadrotorState, thrust: Tensor, torque: Tensor) -> None:
        """Advance N bodies by one time step, in place.

        Args:
            state: N bodies; the rotors are left alone.
            thrust: (N,) [N] along base_link's z axis.
            torque: (3, N) [N m] base_link.
        """
        x, y, z, w = state.orientation
        up = torch.stack((x * z + w * y, y * z - w * x, 0.5 - x * x - y * y))
        state.linear_velocity.add_(up.mul_(thrust), alpha=2.0 * self._velocity_gain)
        state.linear_velocity.add_(self._fall)
        state.position.add_(state.linear_velocity, alpha=self._timestep)
        rate = state.angular_velocity
        coupling = rate.roll(-1, 0).mul_(rate.roll(-2, 0))
        rate.addcmul_(torque, self._rate_gain).addcmul_(coupling, self._coupling)
        half = rate * (0.5 * self._timestep)  # (3, N) [rad]
        vector = torch.linalg.cross(state.orientation[:3], half, dim=0).addcmul_(half, w)
        state.orientation[3].sub_((state.orientation[:3] * half).sum(0))
        state.orientation[:3].add_(vector)
        state.orientation.mul_(state.orientation.square().sum(0).rsqrt_())
