"""What ``SwarmRequest`` asks of a drone's safety stage."""

from collections.abc import Callable

from untether_interfaces.srv import SwarmRequest

from untether_hardware.safety import SafetyStage, Verdict
from untether_policies.contract import Contract

Question = Callable[[SafetyStage], Verdict]
"""Asks one stage for a change of mode."""

_Codes = SwarmRequest.Request
_ASK: dict[int, Callable[[SafetyStage, float, Contract | None], Verdict]] = {
    _Codes.ARM: lambda stage, now, contract: stage.arm(now),
    _Codes.DISARM: lambda stage, now, contract: stage.disarm(now),
    _Codes.START_POLICY: lambda stage, now, contract: stage.select_policy(now, contract),
    _Codes.STOP_POLICY: lambda stage, now, contract: stage.select_policy(now, None),
    _Codes.LAND: lambda stage, now, contract: stage.land(now),
    _Codes.RESET_FAULT: lambda stage, now, contract: stage.reset_fault(now),
    _Codes.EMERGENCY: lambda stage, now, contract: stage.emergency_stop(now),
}


def find_question(code: int, now: float, contract: Contract | None = None) -> Question:
    """Return the question that a request puts to a stage.

    Args:
        code: One of ``SwarmRequest``.
        now: The time [s, node clock].
        contract: Of the policy that is to start.

    Raises:
        ValueError: When the code is unknown.
    """
    ask = _ASK.get(code)
    if ask is None:
        raise ValueError(
            f"request: expected one of {sorted(_ASK)}, got {code}. Fix: see SwarmRequest."
        )
    return lambda stage: ask(stage, now, contract)
