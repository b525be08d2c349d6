"""The Cartesian impedance controller: joint torques that pull the tool to a limited reference."""

import numpy as np

from untether_hardware.franka.description import ArmDescription
from untether_hardware.franka.impedance_config import ImpedanceConfig
from untether_hardware.franka.pose import Floats, Pose, find_rotation_vector

_SINGULAR = 1e-6  # keeps the projection onto the nullspace finite where the arm is stretched out


class ImpedanceController:
    """Computes joint torques, one call a period.

    The force on the tool is ``stiffness * clip(error) + damping * error rate + feed-forward``; it
    becomes torques by the transposed Jacobian. A pull to the joint angles of the last reset is
    added where it does not move the tool, and gravity and Coriolis torques are compensated. The
    torques obey the limits of the motors, and their change that of the driver.

    Luo et al. 2024 ("SERL", arXiv 2401.16013), section on the impedance controller.
    """

    def __init__(
        self, description: ArmDescription, config: ImpedanceConfig, *, period: float
    ) -> None:
        """Create a controller; call ``reset`` before it is used.

        Args:
            description: The arm, for its limits.
            config: Gains and limits of the reference.
            period: Time between two calls of ``compute`` [s].
        """
        self._max_torque = np.array([joint.max_torque for joint in description.joints])
        self._max_step = description.max_torque_rate * period
        self._period = period
        self._target = Pose(np.zeros(3), np.eye(3))
        self._feed_forward = np.zeros(6)
        self._joint_reference = np.zeros(len(description.joints))
        self._torque = np.zeros(len(description.joints))
        self.configure(config)

    @property
    def target(self) -> Pose:
        """The setpoint, in the base's frame."""
        return self._target

    @property
    def max_wrench(self) -> Floats:
        """Bound of the wrench without feed-forward, for each axis, (6,) [N, N m] base.

        With a limit D on both sides it is ``stiffness * D + 2 * damping * D / period``: stiffness
        acts on the clipped error, and damping on the fastest change that a clipped error can make.
        """
        reach = np.maximum(-self._lower, self._upper)
        return self._stiffness * reach + self._damping * self._max_rate

    def configure(self, config: ImpedanceConfig) -> None:
        """Take over gains and limits; the rate limit of the torques makes it smooth."""
        self._stiffness = np.repeat(
            [config.translational_stiffness, config.rotational_stiffness], 3
        )
        self._damping = np.repeat([config.translational_damping, config.rotational_damping], 3)
        self._lower = np.array([*config.translation_lower, *config.rotation_lower])
        self._upper = np.array([*config.translation_upper, *config.rotation_upper])
        self._max_rate = (self._upper - self._lower) / self._period
        self._nullspace_stiffness = config.nullspace_stiffness
        self._nullspace_damping = config.nullspace_damping

    def reset(self, pose: Pose, joint_position: Floats, torque: Floats) -> None:
        """Hold the arm where it is.

        Args:
            pose: Of the tool, in the base's frame.
            joint_position: Angles to pull to in the nullspace, (joints,) [rad].
            torque: What the motors give now, (joints,) [N m].
        """
        self.set_target(pose)
        self._joint_reference = np.array(joint_position, dtype=float)
        self._torque = np.clip(torque, -self._max_torque, self._max_torque)

    def set_target(self, pose: Pose, feed_forward: Floats | None = None) -> None:
        """Take over a setpoint; the last one stays when this one is refused.

        Args:
            pose: Of the tool, in the base's frame.
            feed_forward: Force and torque to exert, (6,) [N, N m] tool; None is zero.

        Raises:
            ValueError: When a number is not finite.
        """
        wrench = np.zeros(6) if feed_forward is None else np.asarray(feed_forward, dtype=float)
        if not pose.is_finite or wrench.shape != (6,) or not np.isfinite(wrench).all():
            raise ValueError(
                "ImpedanceController.set_target: expected a finite pose and wrench (6,), got "
                f"position {pose.position}, rotation {pose.rotation.tolist()}, wrench {wrench}. "
                "Fix: check what computes the setpoint; the last one stays in force."
            )
        self._target, self._feed_forward = pose, wrench

    def compute(
        self,
        pose: Pose,
        jacobian: Floats,
        joint_position: Floats,
        joint_velocity: Floats,
        bias: Floats,
    ) -> Floats:
        """Return the torques for the next period, (joints,) [N m].

        Args:
            pose: Of the tool, in the base's frame.
            jacobian: From joint velocity to the tool's linear and angular velocity, (6, joints)
                [m, 1] base.
            joint_position: (joints,) [rad].
            joint_velocity: (joints,) [rad/s].
            bias: Gravity and Coriolis torques, (joints,) [N m].
        """
        error = np.concatenate(
            [
                self._target.position - pose.position,
                find_rotation_vector(self._target.rotation @ pose.rotation.T),
            ]
        )
        error = np.minimum(np.maximum(error, self._lower), self._upper)
        rate = jacobian @ joint_velocity
        rate = np.minimum(np.maximum(rate, -self._max_rate), self._max_rate)
        wrench = self._stiffness * error - self._damping * rate
        wrench[:3] += pose.rotation @ self._feed_forward[:3]
        wrench[3:] += pose.rotation @ self._feed_forward[3:]

        pull = self._nullspace_stiffness * (self._joint_reference - joint_position)
        pull -= self._nullspace_damping * joint_velocity
        gram = jacobian @ jacobian.T
        gram.flat[::7] += _SINGULAR
        # The part of the pull that moves the tool is taken out, and the wrench put in its place.
        wrench -= np.linalg.solve(gram, jacobian @ pull)
        torque = bias + pull + wrench @ jacobian

        torque = np.minimum(torque, self._torque + self._max_step)
        torque = np.maximum(torque, self._torque - self._max_step)
        self._torque = np.minimum(np.maximum(torque, -self._max_torque), self._max_torque)
        return self._torque
