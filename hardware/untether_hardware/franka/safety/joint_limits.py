"""Joint limits: a twist is slowed down before a joint comes too close to its limit, or too fast."""

import numpy as np

from untether_hardware.franka.description import ArmDescription
from untether_hardware.franka.kinematics import find_tool
from untether_hardware.franka.pose import Floats
from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.safety.events import Finding, Guard

_DAMPING = 1e-3  # of the inverse, which stays finite where the arm is stretched out


class JointLimits:
    """Predicts what a twist asks of the joints.

    Args:
        config: Margin, horizon and largest speed.
        description: The arm.
    """

    def __init__(self, config: ArmSafetyConfig, description: ArmDescription) -> None:
        self._description = description
        self._horizon = config.joint_horizon
        self._lower = np.array([joint.lower for joint in description.joints])
        self._upper = np.array([joint.upper for joint in description.joints])
        self._margin, self._trip = config.joint_margin, config.joint_trip
        largest = np.array([joint.max_velocity for joint in description.joints])
        self._speed, self._largest_speed = config.joint_speed_share * largest, largest

    def slow_down(self, joint_position: Floats, twist: Floats) -> tuple[float, Finding | None]:
        """Return by which factor a twist has to be slower, 0 to 1, and the finding if it is.

        Args:
            joint_position: (7,) [rad].
            twist: Velocity and angular velocity of the tool, (6,) [m/s, rad/s] base.
        """
        _, jacobian = find_tool(self._description, joint_position)
        gram = jacobian @ jacobian.T + _DAMPING * np.eye(6)
        speed = jacobian.T @ np.linalg.solve(gram, twist)  # (7,) [rad/s]
        edge = np.where(speed > 0.0, self._upper - self._margin, self._lower + self._margin)
        room = np.where(speed > 0.0, edge - joint_position, joint_position - edge)
        allowed = np.minimum(np.maximum(room, 0.0) / self._horizon, self._speed)
        excess = np.abs(speed) / np.maximum(allowed, 1e-9)
        worst = int(excess.argmax())
        if excess[worst] <= 1.0:
            return 1.0, None
        name = self._description.joint_names[worst]
        finding = Finding(
            Guard.JOINT_LIMIT,
            name,
            float(abs(speed[worst])),
            float(allowed[worst]),
            f"expected a speed of {name} of at most {allowed[worst]:.2f} rad/s here, got "
            f"{abs(speed[worst]):.2f} rad/s; keep the tool away from the edge of the arm's reach",
        )
        return float(1.0 / excess[worst]), finding

    def check(self, joint_position: Floats, joint_velocity: Floats) -> Finding | None:
        """Return the finding when a joint is at its limit, or as fast as it can be."""
        room = np.minimum(joint_position - self._lower, self._upper - joint_position)
        closest = int(room.argmin())
        names = self._description.joint_names
        if room[closest] < self._trip:
            return Finding(
                Guard.JOINT_LIMIT,
                names[closest],
                float(room[closest]),
                self._trip,
                f"expected {names[closest]} to stay {self._trip:g} rad from its limits, got "
                f"{room[closest]:.3f} rad; move the arm back by hand",
            )
        fast = np.abs(joint_velocity) / self._largest_speed
        fastest = int(fast.argmax())
        if fast[fastest] <= 1.0:
            return None
        speed, limit = abs(joint_velocity[fastest]), self._largest_speed[fastest]
        return Finding(
            Guard.JOINT_LIMIT,
            names[fastest],
            float(speed),
            float(limit),
            f"expected {names[fastest]} slower than {limit:.2f} rad/s, got {speed:.2f} rad/s; "
            "look for what pushes the arm",
        )
