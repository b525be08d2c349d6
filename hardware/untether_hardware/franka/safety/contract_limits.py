"""Contract limits: a policy is no faster than its contract says."""

import numpy as np

from untether_hardware.franka.pose import Floats
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.safety.events import Finding, Guard
from untether_policies.contract import Contract, TensorSpec

_TOLERANCE = 1e-3  # part of the limit, by which rounding may exceed it


class ContractLimits:
    """Clamps a policy's velocities, axis by axis.

    Args:
        contract: Of a policy that fits the arm.
    """

    def __init__(self, contract: Contract) -> None:
        self._linear = contract.output("command_linear_velocity")
        self._angular = contract.output("command_angular_velocity")

    def clamp(self, twist: ToolTwist) -> tuple[ToolTwist, Finding | None]:
        """Return a twist within the limits, and what exceeded them.

        Args:
            twist: What the policy wants, of finite numbers.
        """
        linear, first = _clamp(self._linear, twist.linear)
        angular, second = _clamp(self._angular, twist.angular)
        return ToolTwist(linear, angular, twist.gripper), first or second


def _clamp(spec: TensorSpec, values: Floats) -> tuple[Floats, Finding | None]:
    if spec.lower is None or spec.upper is None:
        return values, None
    lower, upper = np.array(spec.lower), np.array(spec.upper)
    clamped = np.clip(values, lower, upper)
    excess = np.abs(values - clamped) - _TOLERANCE * (upper - lower)
    worst = int(excess.argmax())
    if excess[worst] <= 0.0:
        return clamped, None
    value, limit = float(values[worst]), float(clamped[worst])
    name = f"{spec.name}.{spec.elements[worst]}"
    text = (
        f"expected {name} from {lower[worst]:g} to {upper[worst]:g} {spec.unit}, as the contract "
        f"says, got {value:.3g} {spec.unit}; it was clamped"
    )
    return clamped, Finding(Guard.VALUE_LIMIT, name, value, limit, text)
