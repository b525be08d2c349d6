"""What a policy has seen in training, and whether it still sees such things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from untether_policies.contract import Contract, EnvelopeSpec
from untether_policies.errors import ContractError

QUANTILES = (0.001, 0.5, 0.999)
# An input that was constant in training has no width; differences below this mean nothing for it.
_LEAST_HALF_WIDTH = 1e-3


@dataclass(frozen=True, slots=True)
class Excursion:
    """An input element outside what training saw.

    Attributes:
        tensor: the input's name.
        element: the element's name; empty for a grid.
        value: what was measured, in the input's unit.
        lower: the envelope's lower end, margin included.
        upper: the envelope's upper end, margin included.
        excess: how far beyond the margin, in half-widths of the envelope; infinite for NaN.
    """

    tensor: str
    element: str
    value: float
    lower: float
    upper: float
    excess: float

    def __str__(self) -> str:
        name = f"{self.tensor}.{self.element}" if self.element else self.tensor
        return (
            f"{name} = {self.value:.4g}, trained on {self.lower:.4g} to {self.upper:.4g} "
            f"(margin included)"
        )


class Envelope:
    """Judges inputs at run time against the quantiles in a contract.

    Works on plain Python floats: for a handful of numbers that is several times faster than numpy.

    Args:
        contract: whose envelope to use; inputs that it leaves out are never outside.
        margin: how far beyond the quantiles is still inside, in half-widths (upper - lower) / 2.

    Raises:
        ContractError: when the margin is negative.
    """

    def __init__(self, contract: Contract, margin: float = 0.5) -> None:
        if not margin >= 0.0:
            raise ContractError(
                "envelope margin", expected="at least 0", got=repr(margin), fix="correct it"
            )
        self._rows: dict[str, tuple[tuple[str, float, float, float], ...]] = {}
        self._scalar: dict[str, int] = {}  # index of a quaternion's w
        for name, seen in contract.envelope.items():
            spec = contract.input(name)
            rows = zip(spec.elements or ("",), seen.lower, seen.upper, strict=True)
            self._rows[name] = tuple(_widen(element, low, up, margin) for element, low, up in rows)
            if spec.quaternion_order is not None:
                self._scalar[name] = spec.quaternion_order.index("w")

    def check(self, name: str, values: Sequence[float]) -> Excursion | None:
        """Return how one robot's input leaves the envelope, or None when it does not.

        Args:
            name: the input's name.
            values: one number per element, in the contract's order and unit; of a grid, any cells.

        Returns:
            The element that is furthest outside; NaN is outside of everything.

        Raises:
            ContractError: when there is not one number per element.
        """
        excess = self.excess(name, values)
        worst = max(excess, default=0.0)
        if worst == 0.0:
            return None
        index = excess.index(worst)
        rows = self._rows[name]
        element, lower, upper, _ = rows[index if len(rows) > 1 else 0]
        return Excursion(
            name, element, self._sign(name, values) * values[index], lower, upper, worst
        )

    def excess(self, name: str, values: Sequence[float]) -> tuple[float, ...]:
        """Return per element how far it is beyond the margin, in half-widths; 0.0 inside.

        Args:
            name: the input's name.
            values: one number per element, in the contract's order and unit; of a grid, any cells.

        Raises:
            ContractError: when there is not one number per element.
        """
        rows = self._rows.get(name)
        if rows is None:
            return (0.0,) * len(values)
        if len(rows) == 1:
            rows = rows * len(values)
        elif len(rows) != len(values):
            raise ContractError(
                f"envelope: {name}",
                expected=f"{len(rows)} numbers",
                got=f"{len(values)}",
                fix="map messages to tensors by the contract's element names",
            )
        sign = self._sign(name, values)
        return tuple(
            [
                _measure(sign * value, lower, upper, half)
                for (_, lower, upper, half), value in zip(rows, values, strict=True)
            ]
        )

    def _sign(self, name: str, values: Sequence[float]) -> float:
        """Return -1.0 for a quaternion with negative w, whose opposite is the same rotation."""
        scalar = self._scalar.get(name)
        return -1.0 if scalar is not None and values[scalar] < 0.0 else 1.0


def compute_envelope(
    contract: Contract, inputs: Mapping[str, ArrayLike]
) -> dict[str, EnvelopeSpec]:
    """Compute the quantiles of recorded inputs, for a contract's ``envelope``.

    Quaternions count with w >= 0: q and -q are the same rotation.

    Args:
        contract: gives the inputs' elements and shapes.
        inputs: by input, ``(samples, *shape)`` from training or evaluation; may leave inputs out.

    Raises:
        ContractError: when values are missing or not finite.
    """
    envelope: dict[str, EnvelopeSpec] = {}
    for name, values in inputs.items():
        spec = contract.input(name)
        columns = np.asarray(values, np.float64).reshape(-1, spec.size)  # (samples, size)
        if not len(columns) or not np.all(np.isfinite(columns)):
            raise ContractError(
                f"envelope: {name}",
                expected="recorded values, all finite",
                got=f"shape {columns.shape}, NaN or infinity in it" if len(columns) else "none",
                fix="record a rollout in which nothing diverges",
            )
        if spec.quaternion_order is not None:
            scalar = columns[:, spec.quaternion_order.index("w")]
            columns = np.where(scalar[:, None] < 0.0, -columns, columns)
        if not spec.elements:
            columns = columns.reshape(-1, 1)
        lower, median, upper = np.quantile(columns, QUANTILES, axis=0)
        envelope[name] = EnvelopeSpec(tuple(lower), tuple(median), tuple(upper))
    return envelope


def _widen(
    element: str, lower: float, upper: float, margin: float
) -> tuple[str, float, float, float]:
    """Return an element's limits with margin, and the half-width that measures distance."""
    half = max((upper - lower) / 2.0, _LEAST_HALF_WIDTH)
    return element, lower - margin * half, upper + margin * half, half


def _measure(value: float, lower: float, upper: float, half: float) -> float:
    """Return how far a value is outside, in half-widths; 0.0 inside, infinity for NaN."""
    if lower <= value <= upper:
        return 0.0
    outside = lower - value if value < lower else value - upper
    return outside / half if outside == outside else float("inf")
