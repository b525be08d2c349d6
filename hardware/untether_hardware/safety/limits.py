"""Limits of a command: finite, within range, not too fast; clamps, and says when to trip."""

from math import inf, isfinite

from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.events import Finding, Guard
from untether_hardware.safety.persistence import Persistence


class LimitGuard:
    """Clamps commands and judges by how much and how often they had to be clamped.

    Args:
        config: tolerances, counts and slew time.
        names: rotor names, in the order of values.
        lower: least values [N].
        upper: greatest values [N].
    """

    def __init__(
        self,
        config: SafetyConfig,
        names: tuple[str, ...],
        lower: tuple[float, ...],
        upper: tuple[float, ...],
    ) -> None:
        self.lower = lower
        self.upper = upper
        self._names = names
        self._range = max(high - low for low, high in zip(lower, upper, strict=True))
        self._tolerance = config.limit_tolerance * self._range
        self._gross = config.gross_excess * self._range
        self._largest_step = (
            self._range * config.period / config.slew_time if config.slew_time > 0.0 else inf
        )
        self._gross_excesses = Persistence(config.gross_count, config.gross_count)
        self._excesses = Persistence(config.excess_count, config.excess_window)

    def find_not_finite(self, values: tuple[float, ...]) -> Finding | None:
        """Return the first value that is NaN or infinite."""
        for name, value in zip(self._names, values, strict=True):
            if not isfinite(value):
                return Finding(
                    Guard.NOT_FINITE,
                    name,
                    value,
                    0.0,
                    f"expected a finite thrust [N], got {value}; reset the policy and check its "
                    "inputs",
                )
        return None

    def clamp(self, values: tuple[float, ...]) -> tuple[tuple[float, ...], Finding | None, bool]:
        """Bring finite values into their range.

        Returns:
            The values within range, the largest excess if any, and whether it is gross or lasting.
        """
        excess = 0.0
        worst = 0
        clamped = []
        for index, value in enumerate(values):
            low = self.lower[index]
            high = self.upper[index]
            if value < low:
                beyond, value = low - value, low
            elif value > high:
                beyond, value = value - high, high
            else:
                beyond = 0.0
            if beyond > excess:
                excess, worst = beyond, index
            clamped.append(value)
        gross = self._gross_excesses.add(excess > self._gross)
        lasting = self._excesses.add(excess > self._tolerance)
        if excess <= self._tolerance:
            return tuple(clamped), None, False
        return tuple(clamped), self._describe(worst, values[worst]), gross or lasting

    def slew(
        self, last: tuple[float, ...], values: tuple[float, ...]
    ) -> tuple[tuple[float, ...], Finding | None]:
        """Limit the change since the last command; return the values, and what was too fast."""
        step = self._largest_step
        change = max(abs(value - before) for value, before in zip(values, last, strict=True))
        if change <= step:
            return values, None
        limited = tuple(
            min(max(value, before - step), before + step)
            for value, before in zip(values, last, strict=True)
        )
        return limited, Finding(
            Guard.RATE_LIMIT,
            "",
            change,
            step,
            f"expected a change of at most {step:.3f} N in one period, got {change:.3f} N: slowed "
            "down; let the policy command more smoothly",
        )

    def clear(self) -> None:
        """Forget past commands."""
        self._gross_excesses.clear()
        self._excesses.clear()

    def _describe(self, index: int, value: float) -> Finding:
        low, high = self.lower[index], self.upper[index]
        return Finding(
            Guard.VALUE_LIMIT,
            self._names[index],
            value,
            low if value < low else high,
            f"expected {self._names[index]} from {low:.4f} to {high:.4f} N, got {value:.4g} N: "
            "clamped; check that the policy was made for this robot",
        )
