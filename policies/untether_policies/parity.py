"""Compares what two implementations of a policy command, in fractions of the actuator's range."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from untether_policies.backends.onnx_runtime import OnnxRuntimeBackend
from untether_policies.contract import Contract
from untether_policies.errors import GraphError

# One graph in two runtimes, or on two processors, differs by rounding: about 1e-6 of the range for
# small networks, and more where a carry feeds it back for hundreds of ticks. A wrong scale, order
# or clip differs by 1e-2 and more. Between them:
PARITY_TOLERANCE = 1e-4

Tensors = Mapping[str, NDArray[np.float32]]
Reference = Callable[[dict[str, NDArray[np.float32]]], Mapping[str, ArrayLike]]


@dataclass(frozen=True)
class ParityReport:
    """How far two implementations of a policy are apart.

    Attributes:
        errors: by output, the greatest difference as a fraction of the element's range, which is
            upper - lower.
        tolerance: what is allowed, in the same fraction.
        ticks: how many ticks were compared.
    """

    errors: Mapping[str, float]
    tolerance: float
    ticks: int

    @property
    def worst(self) -> float:
        """The greatest difference of all outputs, as a fraction of the range."""
        return max(self.errors.values())

    @property
    def passed(self) -> bool:
        """Whether every output is within the tolerance; NaN is not."""
        return self.worst <= self.tolerance

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {error:.2e}" for name, error in self.errors.items())
        verdict = "at most" if self.passed else "MORE THAN"
        return (
            f"{self.ticks} ticks, {parts} of the range, {verdict} the tolerance {self.tolerance:g}"
        )


def compare_outputs(
    contract: Contract,
    expected: Mapping[str, ArrayLike],
    got: Mapping[str, ArrayLike],
    *,
    tolerance: float = PARITY_TOLERANCE,
) -> ParityReport:
    """Compare two recordings of a policy's outputs.

    Args:
        contract: gives the outputs and their limits.
        expected: by output, ``(ticks, *shape)`` in the contract's unit.
        got: the same from the other implementation.
        tolerance: fraction of the range that is allowed.

    Returns:
        The report; NaN or infinity anywhere counts as an infinite error.
    """
    errors: dict[str, float] = {}
    ticks = 0
    for spec in contract.outputs:
        wanted = np.asarray(expected[spec.name], np.float64).reshape(-1, spec.size)
        found = np.asarray(got[spec.name], np.float64).reshape(-1, spec.size)
        lower, upper = np.asarray(spec.lower), np.asarray(spec.upper)  # (size) [spec.unit]
        ticks = len(wanted)
        errors[spec.name] = (
            _worst_fraction(wanted, found, upper - lower)
            if wanted.shape == found.shape
            else float("inf")
        )
    return ParityReport(errors, tolerance, ticks)


def check_parity(
    reference: Reference,
    model: bytes,
    contract: Contract,
    inputs: Mapping[str, ArrayLike],
    *,
    tolerance: float = PARITY_TOLERANCE,
) -> ParityReport:
    """Run a training framework's policy and its exported graph side by side.

    Args:
        reference: takes inputs and carry by name, each ``(1, *shape)``, and returns outputs and
            ``NAME_next`` of each carry in the same shape; it keeps no state of its own.
        model: the bytes of the exported graph.
        contract: names, shapes, limits and initial carry.
        inputs: by input, ``(ticks, *shape)`` from a rollout, in the contract's unit.
        tolerance: fraction of the command's range that is allowed.

    Returns:
        The report.

    Raises:
        GraphError: when they differ by more than the tolerance.
    """
    expected = run_reference(reference, contract, inputs)
    return require_parity(contract, expected, run_graph(model, contract, inputs), tolerance)


def require_parity(
    contract: Contract,
    expected: Mapping[str, ArrayLike],
    got: Mapping[str, ArrayLike],
    tolerance: float = PARITY_TOLERANCE,
) -> ParityReport:
    """Compare what a framework and its graph commanded, as :func:`compare_outputs` does.

    Raises:
        GraphError: when they differ by more than the tolerance.
    """
    report = compare_outputs(contract, expected, got, tolerance=tolerance)
    if not report.passed:
        raise GraphError(
            "parity",
            expected=f"the graph to answer as the framework does, within {tolerance:g}",
            got=str(report),
            fix="put every scale, clip and state of the framework's policy inside the graph",
        )
    return report


def run_graph(
    model: bytes,
    contract: Contract,
    inputs: Mapping[str, ArrayLike],
    carry: Mapping[str, ArrayLike] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Run a graph over recorded inputs for one robot, handing its carry on.

    Args:
        model: the bytes of the graph.
        contract: names, shapes and initial carry.
        inputs: by input, ``(ticks, *shape)``.
        carry: by carry, ``(*shape)`` before the first tick; by default as in the contract.

    Returns:
        By output, ``(ticks, *shape)``.
    """
    backend = OnnxRuntimeBackend(model, contract)
    for name, value in (carry or {}).items():
        backend.carry[name][0] = value
    arrays = {spec.name: np.asarray(inputs[spec.name], np.float32) for spec in contract.inputs}
    ticks = len(next(iter(arrays.values())))
    outputs = {spec.name: np.empty((ticks, *spec.shape), np.float32) for spec in contract.outputs}
    for tick in range(ticks):
        for name, array in arrays.items():
            backend.inputs[name][0] = array[tick]
        backend.step()
        for name, array in outputs.items():
            array[tick] = backend.outputs[name][0]
    return outputs


def run_reference(
    reference: Reference, contract: Contract, inputs: Mapping[str, ArrayLike]
) -> dict[str, NDArray[np.float32]]:
    """Run a framework's policy over recorded inputs for one robot, handing its carry on.

    Args:
        reference: see :func:`check_parity`.
        contract: names, shapes and initial carry.
        inputs: by input, ``(ticks, *shape)``.

    Returns:
        By output, ``(ticks, *shape)``.
    """
    arrays = {spec.name: np.asarray(inputs[spec.name], np.float32) for spec in contract.inputs}
    carry = {
        item.name: np.asarray(item.initial, np.float32).reshape(1, *item.shape)
        for item in contract.carry
    }
    outputs: dict[str, list[NDArray[np.float32]]] = {spec.name: [] for spec in contract.outputs}
    for tick in range(len(next(iter(arrays.values())))):
        tensors = {name: array[tick : tick + 1] for name, array in arrays.items()} | carry
        answer = reference(tensors)
        for name, rows in outputs.items():
            rows.append(np.asarray(answer[name], np.float32))
        carry = {
            item.name: np.asarray(answer[item.next_name], np.float32) for item in contract.carry
        }
    return {name: np.concatenate(rows) for name, rows in outputs.items()}


def _worst_fraction(
    wanted: NDArray[np.float64], found: NDArray[np.float64], span: NDArray[np.float64]
) -> float:
    """Return the greatest difference over the span; infinite when a value is not finite."""
    if not (np.all(np.isfinite(wanted)) and np.all(np.isfinite(found))):
        return float("inf")
    return float(np.max(np.abs(wanted - found) / span, initial=0.0))
