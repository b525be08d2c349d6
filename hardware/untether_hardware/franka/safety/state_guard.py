"""Guards on what the arm tells: lost, invalid or frozen states, joints and forces out of bounds."""

import numpy as np

from untether_hardware.franka.description import ArmDescription
from untether_hardware.franka.pose import Pose
from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.franka.safety.contact import describe_contact
from untether_hardware.franka.safety.joint_limits import JointLimits
from untether_hardware.franka.state import ArmState
from untether_hardware.safety.events import Finding, Guard
from untether_hardware.safety.persistence import Persistence

_HUGE = 1e6  # [rad, rad/s, m, m/s, N, N m] that no arm tells; NaN is not below it either
_ORTHOGONAL = 1e-3  # by which a rotation's columns may differ from unit vectors at right angles


class StateGuard:
    """Keeps the newest good state, and says what is wrong with the others.

    Args:
        config: Ages, counts and limits.
        description: The arm.

    Attributes:
        flaw: What was wrong with the newest state that came, if anything.
    """

    def __init__(self, config: ArmSafetyConfig, description: ArmDescription) -> None:
        self._config = config
        self._joints = len(description.joints)
        self._limits = JointLimits(config, description)
        self._contact = Persistence(config.contact_count, config.contact_count)
        self._repeats = 0
        self._received = -np.inf
        self._latest: ArmState | None = None
        self.flaw: Finding | None = None

    @property
    def state(self) -> ArmState | None:
        """The newest good state; None before the first."""
        return self._latest

    def is_fresh(self, time: float) -> bool:
        """Return whether a good state came of late.

        Args:
            time: Monotonic time [s].
        """
        return self._latest is not None and time - self._received <= self._config.state_timeout

    def observe(self, time: float, now: float, state: ArmState) -> Finding | None:
        """Take a state in; return what is wrong with it.

        Args:
            time: Monotonic time [s].
            now: Time of receipt on the node's clock [s].
            state: What the arm tells.
        """
        self.flaw = self._judge(time, now, state)
        return self.flaw

    def watch(self, time: float) -> Finding | None:
        """Return the finding when no good state came of late.

        Args:
            time: Monotonic time [s].
        """
        if self.is_fresh(time):
            return None
        silence = min(time - self._received, 1e3)
        return Finding(
            Guard.SENSOR_LOST,
            "",
            silence,
            self._config.state_timeout,
            f"expected a state each {self._config.state_timeout:g} s, got none for "
            f"{silence:.3f} s; check the arm's driver",
        )

    def _judge(self, time: float, now: float, state: ArmState) -> Finding | None:
        flaw = self._find_flaw(state)
        if flaw is not None:
            return Finding(Guard.SENSOR_INVALID, flaw, 0.0, 0.0, _EXPECTED_GOOD.format(flaw))
        age = now - state.stamp
        if not -self._config.state_max_age <= age <= self._config.state_max_age:
            return Finding(
                Guard.SENSOR_LOST,
                "age",
                age,
                self._config.state_max_age,
                f"expected a state of at most {self._config.state_max_age:g} s, got one of "
                f"{age:.3f} s; synchronise the clocks, or relieve the network",
            )
        self._count_repeats(state)
        self._latest, self._received = state, time
        if self._repeats >= self._config.frozen_count:
            return Finding(
                Guard.SENSOR_FROZEN,
                "",
                float(self._repeats),
                float(self._config.frozen_count),
                f"expected a state that changes, got the same {self._repeats + 1} times to the "
                "bit; check the arm's driver",
            )
        return self._limits.check(state.joint_position, state.joint_velocity) or self._feel(state)

    def _find_flaw(self, state: ArmState) -> str | None:
        """Return what part of a state is not of its shape, or not finite."""
        for name, size in (
            ("joint_position", self._joints),
            ("joint_velocity", self._joints),
            ("linear_velocity", 3),
            ("angular_velocity", 3),
            ("force", 3),
            ("torque", 3),
        ):
            values = getattr(state, name)
            if np.shape(values) != (size,) or not (np.abs(values) < _HUGE).all():
                return name
        if not (np.isfinite(state.stamp) and np.isfinite(state.gripper_width)):
            return "stamp or gripper_width"
        return None if _is_pose(state.pose) else "pose"

    def _count_repeats(self, state: ArmState) -> None:
        last = self._latest
        same = (
            last is not None
            and np.array_equal(last.joint_position, state.joint_position)
            and np.array_equal(last.joint_velocity, state.joint_velocity)
        )
        self._repeats = self._repeats + 1 if same else 0

    def _feel(self, state: ArmState) -> Finding | None:
        """Return the finding when the tool has met too much force for several states."""
        config = self._config
        for load, limit, what, unit in (
            (state.force, config.hard_force, "force", "N"),
            (state.torque, config.hard_torque, "torque", "N m"),
        ):
            if np.linalg.norm(load) > limit:
                if self._contact.add(True):
                    return describe_contact(load, limit, what, unit)
                return None
        self._contact.add(False)
        return None


def _is_pose(pose: Pose) -> bool:
    """Return whether a pose is finite, and its rotation one."""
    rotation = pose.rotation
    if np.shape(pose.position) != (3,) or np.shape(rotation) != (3, 3) or not pose.is_finite:
        return False
    if (np.abs(pose.position) > _HUGE).any():
        return False
    skew = np.abs(rotation.T @ rotation - np.eye(3)).max()
    return bool(skew <= _ORTHOGONAL and np.linalg.det(rotation) > 0.0)


_EXPECTED_GOOD = (
    "expected finite numbers of the arm's shapes, got others in {}; check the arm's driver"
)
