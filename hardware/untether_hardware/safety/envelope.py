"""Envelope guard: a state outside what the policy saw in training."""

from math import inf
from operator import gt, lt

from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.events import Finding, Guard
from untether_hardware.safety.persistence import Persistence
from untether_hardware.state import BodyState
from untether_policies.contract import Contract, TensorSpec

# What is watched: kind and frame of the tensor, where its x begins in the flattened state, and the
# slack that is always given, so that a quantity that hardly varied in training does not trip on
# noise.
_WATCHED = {
    ("state/body/position", "map"): (0, 0.3),  # [m]
    ("state/body/linear_velocity", "map"): (3, 0.5),  # [m/s]
    ("state/body/angular_velocity", "base_link"): (6, 2.0),  # [rad/s]
}


class EnvelopeGuard:
    """Trips when m of the last n states had an element outside the contract's envelope and margin.

    The envelope holds quantiles per element. Each side is widened by a part of its distance from
    the median. Elements are found by kind and name; what the stage does not measure (goals) is not
    watched.

    Args:
        config: margin, count and window.
        contract: the policy's contract.
    """

    def __init__(self, config: SafetyConfig, contract: Contract) -> None:
        self._persistence = Persistence(config.envelope_count, config.envelope_window)
        bounds = [(-inf, inf, "", "")] * 9
        for spec in contract.inputs:
            for index, bound in _find_bounds(spec, contract, config.envelope_margin):
                bounds[index] = bound
        self._bounds = bounds
        self._lower = tuple(bound[0] for bound in bounds)
        self._upper = tuple(bound[1] for bound in bounds)

    def check(self, state: BodyState) -> Finding | None:
        """Judge a state."""
        values = state.position + state.linear_velocity + state.angular_velocity
        outside = any(map(gt, values, self._upper)) or any(map(lt, values, self._lower))
        if not self._persistence.add(outside) or not outside:
            return None
        for value, (low, high, name, unit) in zip(values, self._bounds, strict=True):
            if not low <= value <= high:
                return Finding(
                    Guard.ENVELOPE,
                    name,
                    value,
                    low if value < low else high,
                    f"expected {name} from {low:.2f} to {high:.2f} {unit}, as in training and a "
                    f"margin, got {value:.2f} {unit}; keep the task within what the policy was "
                    "trained for",
                )
        return None

    def clear(self) -> None:
        """Forget past states."""
        self._persistence.clear()


def _find_bounds(
    spec: TensorSpec, contract: Contract, margin: float
) -> list[tuple[int, tuple[float, float, str, str]]]:
    """Return index into the state, and lowest, highest, name and unit, of each watched element."""
    watched = _WATCHED.get((spec.kind, spec.frame))
    envelope = contract.envelope.get(spec.name)
    if watched is None or envelope is None:
        return []
    start, slack = watched
    return [
        (
            start + "xyz".index(element),
            (
                low - margin * (median - low) - slack,
                high + margin * (high - median) + slack,
                f"{spec.name}.{element}",
                spec.unit,
            ),
        )
        for element, low, median, high in zip(
            spec.elements, envelope.lower, envelope.median, envelope.upper, strict=True
        )
    ]
