"""The equations of motion of a batch of quadrotors, integrated at a fixed time step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.crazyflie.mixer import mixer_matrix
from untether_training.dynamics.parameters import QuadrotorParameters
from untether_training.dynamics.state import QuadrotorState

PHYSICS_TIMESTEP = 0.005
"""Time step of the training physics [s]."""

MAX_ANGULAR_VELOCITY = 40.0
"""Limit of each component of the angular velocity [rad/s]; Huang et al. 2023 (2309.13285)."""

_SLIDING_TIME = 0.05  # [s] how fast a robot that slides on the floor comes to rest


@dataclass(frozen=True, slots=True)
class FloorContact:
    """What the floor did to each of N quadrotors during one step.

    Attributes:
        touching: (N,) bool; the robot was held up by the floor.
        impact_speed: (N,) [m/s]; downward speed at which it came, 0 where it does not touch.
        uprightness: (N,) [1]; cosine of the tilt before the floor levelled it.
    """

    touching: Tensor
    impact_speed: Tensor
    uprightness: Tensor


class QuadrotorDynamics:
    """Rigid bodies with four lagging rotors above a flat floor.

    Each rotor's speed follows the root of the commanded thrust with a first-order lag, its thrust
    is the square of that speed (Huang et al. 2023). Velocities are advanced first (semi-implicit
    Euler), the position with the mean of old and new velocity, which is exact in free fall, and
    the orientation by the mean rotation of the step.

    Args:
        description: Geometry of the robot; what a command of so many newtons means.
        parameters: What differs from drone to drone; read at once, see `update_parameters`.
        timestep: Time step [s].
    """

    def __init__(
        self,
        description: QuadrotorDescription,
        parameters: QuadrotorParameters,
        timestep: float = PHYSICS_TIMESTEP,
    ) -> None:
        self.description = description
        self.parameters = parameters
        self.timestep = timestep
        device = parameters.mass.device
        mixer = mixer_matrix(description)
        self._mixer = torch.as_tensor(mixer, dtype=torch.float32, device=device)  # (4, 4)
        directions = torch.tensor([description.rotor_directions], device=device)
        self._directions = directions.to(torch.float32)  # (1, 4) [1]
        self._slide = _SLIDING_TIME / (_SLIDING_TIME + timestep)
        self.update_parameters()

    def update_parameters(self) -> None:
        """Derive the step's constants again after `parameters` changed."""
        p, dt = self.parameters, self.timestep
        self._rise = -torch.expm1(-dt / p.motor_rise_time)  # (1, N) [1]
        self._fall = -torch.expm1(-dt / p.motor_fall_time)  # (1, N) [1]
        self._velocity_gain = dt / p.mass  # (1, N) [s/kg]
        self._spin_gain = dt / p.inertia  # (3, N) [s/(kg m^2)]
        # A rotor's reaction is opposite to its spin, so speeding up acts like its drag.
        self._spin_up_gain = p.spin_up_torque[0] / p.inertia[2]  # (N,) [rad/s]
        gravity = torch.zeros_like(p.wind_force)
        gravity[2] = -self.description.gravity
        self._drift = dt * (gravity + p.wind_force / p.mass)  # (3, N) [m/s] map
        # Euler's gyroscopic term per product of two rates, over the time step: (3, N) [s]
        self._gyroscopic = dt * (p.inertia.roll(-1, 0) - p.inertia.roll(-2, 0)) / p.inertia

    def motor_target(self, rotor_thrust: Tensor) -> Tensor:
        """Return the rotor speed that a command asks for.

        Args:
            rotor_thrust: (4, N) [N] commanded thrust; clipped to what the robot accepts.

        Returns:
            (4, N) [1].
        """
        return (rotor_thrust / self.description.max_rotor_thrust).clamp_(0.0, 1.0).sqrt_()

    def step(self, state: QuadrotorState, motor_target: Tensor) -> FloorContact:
        """Advance the state by one time step, in place.

        Args:
            state: N quadrotors.
            motor_target: (4, N) [1] rotor speeds asked for, see `motor_target`.

        Returns:
            What the floor did.
        """
        change = self._step_motors(state.rotor_speed, motor_target)
        state.angular_velocity[2].addcmul_((self._directions @ change)[0], self._spin_up_gain)
        thrust = state.rotor_speed.square().mul_(self.parameters.max_rotor_thrust)  # (4, N) [N]
        wrench = self._mixer @ thrust  # (4, N) [N], [N m] base_link
        up = body_up(state.orientation)  # (3, N) [1] map
        self._step_translation(state, up * wrench[0])
        self._step_rotation(state, wrench[1:])
        return self._hold_above_floor(state, up[2])

    def _step_motors(self, rotor_speed: Tensor, target: Tensor) -> Tensor:
        error = target - rotor_speed
        change = error.clamp(min=0.0).mul_(self._rise)  # (4, N) [1]
        change.addcmul_(error.clamp_(max=0.0), self._fall)
        rotor_speed.add_(change)
        return change

    def _step_translation(self, state: QuadrotorState, thrust: Tensor) -> None:
        velocity = state.linear_velocity
        force = thrust.addcmul_(velocity, self.parameters.drag, value=-1.0)  # (3, N) [N] map
        change = torch.addcmul(self._drift, force, self._velocity_gain)  # (3, N) [m/s] map
        state.position.add_(velocity, alpha=self.timestep).add_(change, alpha=0.5 * self.timestep)
        velocity.add_(change)

    def _step_rotation(self, state: QuadrotorState, torque: Tensor) -> None:
        torque[2].mul_(self.parameters.torque_scale[0])
        rate = state.angular_velocity
        coupling = rate.roll(-1, 0).mul_(rate.roll(-2, 0))  # (3, N) [rad^2/s^2]
        rate.addcmul_(torque, self._spin_gain).addcmul_(coupling, self._gyroscopic)
        rate.clamp_(-MAX_ANGULAR_VELOCITY, MAX_ANGULAR_VELOCITY)
        advance_orientation(state.orientation, rate, self.timestep)

    def _hold_above_floor(self, state: QuadrotorState, uprightness: Tensor) -> FloorContact:
        height, speed = state.position[2], state.linear_velocity[2]
        touching = height < self.description.rest_height
        held = touching.to(height.dtype)
        free = 1.0 - held
        impact_speed = speed.clamp(max=0.0).mul_(held).neg_()
        height.clamp_(min=self.description.rest_height)
        speed.add_(impact_speed)
        state.linear_velocity[:2].mul_(torch.add(free, held, alpha=self._slide))
        state.angular_velocity.mul_(free)
        state.orientation[:2].mul_(free)
        state.orientation[3].add_(held, alpha=1e-6)  # a robot on its back gets a heading
        normalise(state.orientation)
        return FloorContact(touching, impact_speed, uprightness)


def body_up(orientation: Tensor) -> Tensor:
    """Return the direction of base_link's z axis.

    Args:
        orientation: (4, N) [1] xyzw, base_link to map.

    Returns:
        (3, N) [1] map.
    """
    x, y, z, w = orientation.unbind(0)
    up = torch.empty_like(orientation[:3])
    torch.mul(x, z, out=up[0]).addcmul_(w, y).mul_(2.0)
    torch.mul(y, z, out=up[1]).addcmul_(w, x, value=-1.0).mul_(2.0)
    torch.mul(x, x, out=up[2]).addcmul_(y, y).mul_(-2.0).add_(1.0)
    return up


def advance_orientation(orientation: Tensor, rate: Tensor, timestep: float) -> None:
    """Turn a quaternion by a body rate held for one time step, in place, without normalising it.

    The increment (tan(a/2) along the axis, 1) is taken to third order in the angle a, so that
    the error of a step at 40 rad/s is below 1e-5 rad.

    Args:
        orientation: (4, N) [1] xyzw, base_link to map.
        rate: (3, N) [rad/s] base_link.
        timestep: [s].
    """
    half = rate * (0.5 * timestep)  # (3, N) [rad]
    half.mul_(half.square().sum(0).mul_(1.0 / 3.0).add_(1.0))
    vector, w = orientation[:3], orientation[3]
    old = orientation.clone()
    vector.addcmul_(half, old[3])
    vector.add_(torch.linalg.cross(old[:3], half, dim=0))
    w.sub_((old[:3] * half).sum(0))


def normalise(orientation: Tensor) -> None:
    """Scale quaternions (4, N) to unit length, in place."""
    orientation.mul_(orientation.square().sum(0).rsqrt_())
