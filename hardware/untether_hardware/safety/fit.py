"""Does a policy's contract fit this robot?"""

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_policies.contract import Contract, TensorSpec

ROTOR_THRUST = "command/rotor/thrust"
"""Kind of the commands that a quadrotor takes."""

_RATE_TOLERANCE = 0.01  # part of the rate
_LIMIT_TOLERANCE = 1e-3  # part of the largest thrust


def find_misfit(contract: Contract, description: QuadrotorDescription, rate: float) -> str | None:
    """Return why a contract does not fit, or None when it does.

    Args:
        contract: the policy's contract.
        description: the robot.
        rate: the robot's control rate [Hz].
    """
    if contract.robot != description.name:
        return (
            f"robot: expected {description.name!r}, got {contract.robot!r}; choose a bundle that "
            "was made for this robot"
        )
    if abs(contract.rate - rate) > _RATE_TOLERANCE * rate:
        return (
            f"rate: expected {rate} Hz, got {contract.rate} Hz; choose a bundle of this rate or "
            "change the robot's parameter rate"
        )
    outputs = [spec for spec in contract.outputs if spec.kind == ROTOR_THRUST]
    if len(outputs) != 1 or len(contract.outputs) != 1:
        kinds = [spec.kind for spec in contract.outputs]
        return f"outputs: expected one of kind {ROTOR_THRUST}, got {kinds}; export the policy again"
    return _find_output_misfit(outputs[0], description)


def _find_output_misfit(output: TensorSpec, description: QuadrotorDescription) -> str | None:
    """Return why the output does not fit the rotors."""
    names = description.rotor_names
    if sorted(output.elements) != sorted(names):
        return (
            f"{output.name}: expected the elements {list(names)}, got {list(output.elements)}; "
            "export the policy with the robot's rotor names"
        )
    if output.unit != "N":
        return f"{output.name}: expected the unit N, got {output.unit}; export the policy again"
    if output.lower is None or output.upper is None:
        return f"{output.name}: expected limits, got none; export the policy again"
    largest = description.max_rotor_thrust * (1.0 + _LIMIT_TOLERANCE)
    if min(output.lower) < 0.0 or max(output.upper) > largest:
        return (
            f"{output.name}: expected limits from 0 to {description.max_rotor_thrust:.5f} N, got "
            f"{min(output.lower)} to {max(output.upper)}; the policy is for a stronger robot"
        )
    return None


def find_limits(
    contract: Contract, description: QuadrotorDescription
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return least and greatest thrust per rotor, (4,) [N] in the description's order.

    Args:
        contract: a contract that fits.
        description: the robot.
    """
    output = contract.outputs[0]
    lower = output.lower or (0.0,) * 4
    upper = output.upper or (description.max_rotor_thrust,) * 4
    order = [output.elements.index(name) for name in description.rotor_names]
    return (
        tuple(max(0.0, lower[index]) for index in order),
        tuple(min(description.max_rotor_thrust, upper[index]) for index in order),
    )
