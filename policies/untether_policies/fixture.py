"""The fixture of a bundle: a recorded rollout that the graph must repeat wherever it is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from untether_policies.contract import Contract
from untether_policies.errors import FixtureError
from untether_policies.parity import (
    PARITY_TOLERANCE,
    ParityReport,
    Reference,
    compare_outputs,
    require_parity,
    run_graph,
    run_reference,
)

MIN_TICKS = 10  # fewer say little about a carry
MAX_TICKS = 10_000


@dataclass(frozen=True)
class Fixture:
    """Consecutive ticks of one robot, float32, in the contract's units and frames.

    Attributes:
        inputs: by input, ``(ticks, *shape)``.
        carry: by carry, ``(*shape)`` before the first tick.
        outputs: by output, ``(ticks, *shape)``: what the policy commanded.
    """

    inputs: Mapping[str, NDArray[np.float32]]
    carry: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    outputs: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def ticks(self) -> int:
        """The number of recorded ticks."""
        return len(next(iter(self.inputs.values()), ()))


def record_fixture(
    model: bytes,
    contract: Contract,
    inputs: Mapping[str, ArrayLike],
    reference: Reference | None = None,
) -> Fixture:
    """Run a policy over a rollout's inputs and record what it commands.

    With a reference every later replay compares the graph with the training framework itself.

    Args:
        model: the bytes of the graph.
        contract: names, shapes and initial carry.
        inputs: by input, ``(ticks, *shape)`` of one robot's consecutive ticks, from a reset on.
        reference: the training framework's policy, whose commands are recorded; None records
            those of the graph. See :func:`untether_policies.parity.check_parity`.

    Raises:
        FixtureError: when the inputs do not fit the contract.
        GraphError: when the graph does not run, or does not answer as the reference does.
    """
    arrays = {name: np.array(values, np.float32) for name, values in inputs.items()}
    carry = {
        item.name: np.asarray(item.initial, np.float32).reshape(item.shape)
        for item in contract.carry
    }
    empty = {
        spec.name: np.zeros((len(next(iter(arrays.values()), ())), *spec.shape), np.float32)
        for spec in contract.outputs
    }
    check_fixture(Fixture(arrays, carry, empty), contract)
    outputs = run_graph(model, contract, arrays)
    if reference is not None:
        answered, outputs = outputs, run_reference(reference, contract, arrays)
        require_parity(contract, outputs, answered)
    fixture = Fixture(arrays, carry, outputs)
    check_fixture(fixture, contract)
    return fixture


def check_fixture(fixture: Fixture, contract: Contract) -> None:
    """Check that a fixture has the contract's tensors, in shape, finite, for some hundred ticks.

    Raises:
        FixtureError: when it does not.
    """
    ticks = fixture.ticks
    if not MIN_TICKS <= ticks <= MAX_TICKS:
        raise FixtureError(
            "fixture.npz",
            expected=f"{MIN_TICKS} to {MAX_TICKS} ticks",
            got=f"{ticks}",
            fix="record a few hundred ticks of a rollout",
        )
    inputs = {spec.name: (ticks, *spec.shape) for spec in contract.inputs}
    outputs = {spec.name: (ticks, *spec.shape) for spec in contract.outputs}
    carry = {item.name: item.shape for item in contract.carry}
    _check_arrays("inputs", fixture.inputs, inputs)
    _check_arrays("carry", fixture.carry, carry)
    _check_arrays("outputs", fixture.outputs, outputs)


def replay(
    model: bytes, contract: Contract, fixture: Fixture, tolerance: float = PARITY_TOLERANCE
) -> ParityReport:
    """Run the graph over a fixture's inputs and compare with what it recorded.

    Raises:
        FixtureError: when a command differs by more than ``tolerance`` of its range.
    """
    outputs = run_graph(model, contract, fixture.inputs, fixture.carry)
    report = compare_outputs(contract, fixture.outputs, outputs, tolerance=tolerance)
    if not report.passed:
        raise FixtureError(
            "fixture.npz",
            expected=f"the graph to repeat its recording within {tolerance:g} of the range",
            got=str(report),
            fix="export again: graph and recording are of different policies, "
            "or this runtime computes wrongly",
        )
    return report


def _check_arrays(
    role: str, arrays: Mapping[str, NDArray[np.float32]], shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Compare the names, types, shapes and values of some arrays with the contract."""
    if sorted(arrays) != sorted(shapes):
        raise FixtureError(
            f"fixture.npz: {role}",
            expected=f"{sorted(shapes)}, as in the contract",
            got=f"{sorted(arrays)}",
            fix="record the fixture with record_fixture",
        )
    for name, shape in shapes.items():
        array = arrays[name]
        if array.dtype != np.float32 or array.shape != shape:
            raise FixtureError(
                f"fixture.npz: {role}: {name}",
                expected=f"float32 {shape}",
                got=f"{array.dtype} {array.shape}",
                fix="record the fixture with record_fixture",
            )
        if not np.all(np.isfinite(array)):
            raise FixtureError(
                f"fixture.npz: {role}: {name}",
                expected="finite numbers",
                got="NaN or infinity",
                fix="record a rollout in which nothing diverges",
            )
