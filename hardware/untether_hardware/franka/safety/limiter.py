"""From what a commander wants to a setpoint that is safe to follow."""

from dataclasses import dataclass

import numpy as np

from untether_hardware.franka.description import ArmDescription
from untether_hardware.franka.pose import Floats, Pose
from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.franka.safety.confinement import Confinement
from untether_hardware.franka.safety.contact import describe_contact, yield_to_contact
from untether_hardware.franka.safety.joint_limits import JointLimits
from untether_hardware.franka.state import ArmState
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.franka.workspace import Workspace
from untether_hardware.safety.events import Finding, Guard

_CLAMPED = 1.001  # times the limit, from which on a clamped speed is reported
_HUGE = 1e6  # [m/s, rad/s] that no norm overflows with
_OUTSIDE = 1e-3  # [m, 1] from the workspace's edge, from which on a clipped setpoint is reported


@dataclass(frozen=True, eq=False, slots=True)
class Limited:
    """What came of a twist.

    Attributes:
        pose: Setpoint of the tool, in the base's frame.
        twist: What was left of the twist, in the tool's frame.
        findings: What was corrected.
    """

    pose: Pose
    twist: ToolTwist
    findings: tuple[Finding, ...]


class TwistLimiter:
    """Limits speed, force, joints and workspace, one after the other.

    Args:
        config: Limits.
        description: The arm.
        workspace: Where the tool may be sent.
    """

    def __init__(
        self, config: ArmSafetyConfig, description: ArmDescription, workspace: Workspace
    ) -> None:
        self._config = config
        self._workspace = workspace
        self._confinement = Confinement(config, workspace)
        self._joints = JointLimits(config, description)

    def limit(self, state: ArmState, twist: ToolTwist, share: float) -> Limited:
        """Return the setpoint for a twist that is held for a control period.

        Args:
            state: Of the arm, now.
            twist: What is wanted, of finite numbers.
            share: Of the twist that comes in, 0 to 1.
        """
        config, findings = self._config, []
        linear, angular = twist.linear.astype(float), twist.angular.astype(float)
        linear = self._clamp(linear, config.linear_speed, "linear", "m/s", findings)
        angular = self._clamp(angular, config.angular_speed, "angular", "rad/s", findings)
        rotation = state.pose.rotation
        linear, angular = share * (rotation @ linear), share * (rotation @ angular)  # base
        for load, soft, what, unit in (
            (state.force, config.soft_force, "force", "N"),
            (state.torque, config.soft_torque, "torque", "N m"),
        ):
            if np.linalg.norm(load) > soft:
                findings.append(describe_contact(load, soft, what, unit))
        linear = yield_to_contact(linear, state.force, config.soft_force)
        angular = yield_to_contact(angular, state.torque, config.soft_torque)
        slower, finding = self._joints.slow_down(
            state.joint_position, np.concatenate((linear, angular))
        )
        if finding is not None:
            findings.append(finding)
        linear, angular = slower * (rotation.T @ linear), slower * (rotation.T @ angular)  # tool
        wanted = state.pose.move(config.period * linear, config.period * angular)
        pose = self._confinement.clip(state.pose, wanted)
        outside = float(
            max(
                np.abs(pose.position - wanted.position).max(),
                np.abs(pose.rotation - wanted.rotation).max(),
            )
        )
        if outside > _OUTSIDE:
            findings.append(
                Finding(
                    Guard.WORKSPACE,
                    "",
                    outside,
                    0.0,
                    f"expected a setpoint within {self._workspace.lower} to "
                    f"{self._workspace.upper} m, got one outside by {outside:.3f}; it was clipped",
                )
            )
        return Limited(pose, ToolTwist(linear, angular, twist.gripper), tuple(findings))

    @staticmethod
    def _clamp(
        velocity: Floats, limit: float, what: str, unit: str, findings: list[Finding]
    ) -> Floats:
        velocity = np.clip(velocity, -_HUGE, _HUGE)
        speed = float(np.linalg.norm(velocity))
        if speed <= limit:
            return velocity
        if speed > _CLAMPED * limit:
            findings.append(
                Finding(
                    Guard.VALUE_LIMIT,
                    what,
                    speed,
                    limit,
                    f"expected a tool slower than {limit:g} {unit}, got {speed:.3g} {unit}; it was "
                    "clamped",
                )
            )
        return velocity * (limit / speed)
