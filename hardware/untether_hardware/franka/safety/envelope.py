"""Envelope guard: states of the arm outside what the policy saw in training."""

from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.franka.state import ArmState
from untether_hardware.manipulation.tensors import measure_inputs
from untether_hardware.safety.events import Finding, Guard
from untether_hardware.safety.persistence import Persistence
from untether_policies.contract import Contract
from untether_policies.envelope import Envelope


class ArmEnvelopeGuard:
    """Trips when many states in a row had an element outside the contract's envelope and margin.

    Args:
        config: Margin and count.
        contract: Of the policy.
    """

    def __init__(self, config: ArmSafetyConfig, contract: Contract) -> None:
        self._envelope = Envelope(contract, config.envelope_margin)
        self._names = [name for name in contract.envelope if not name.startswith("image_")]
        self._persistence = Persistence(config.envelope_count, config.envelope_count)

    def check(self, state: ArmState) -> Finding | None:
        """Judge a state."""
        values = measure_inputs(state, {})
        excursions = [
            self._envelope.check(name, values[name].tolist())
            for name in self._names
            if name in values
        ]
        worst = max(
            (excursion for excursion in excursions if excursion is not None),
            key=lambda excursion: excursion.excess,
            default=None,
        )
        if not self._persistence.add(worst is not None) or worst is None:
            return None
        return Finding(
            Guard.ENVELOPE,
            f"{worst.tensor}.{worst.element}",
            worst.value,
            worst.lower if worst.value < worst.lower else worst.upper,
            f"expected what the policy was trained on, got {worst}; keep the task within that",
        )
