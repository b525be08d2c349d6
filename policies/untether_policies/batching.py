"""Checks that a batch of robots gets what each robot would get alone."""

import numpy as np
from numpy.typing import NDArray

from untether_policies.backends.onnx_runtime import OnnxRuntimeBackend
from untether_policies.contract import Contract
from untether_policies.errors import GraphError
from untether_policies.fixture import Fixture
from untether_policies.parity import PARITY_TOLERANCE, ParityReport, compare_outputs, run_graph

_ROBOTS = 3
_TICKS = 10


def check_batching(
    model: bytes, contract: Contract, fixture: Fixture, tolerance: float = PARITY_TOLERANCE
) -> ParityReport:
    """Run three robots in one batch, each from another tick of the fixture, and each alone.

    Catches graphs whose batch is frozen inside, and graphs that mix robots.

    Raises:
        GraphError: when the batch does not run, or differs from the robots alone.
    """
    ticks = min(_TICKS, fixture.ticks - (_ROBOTS - 1))  # leaves each robot a start of its own
    starts = [robot * (fixture.ticks - ticks) // (_ROBOTS - 1) for robot in range(_ROBOTS)]
    inputs = {
        name: np.stack([array[start : start + ticks] for start in starts])
        for name, array in fixture.inputs.items()
    }  # (robots, ticks, *shape)
    try:
        together = _run_batch(model, contract, inputs, ticks)
    except GraphError as error:
        raise GraphError(
            "policy.onnx: batch",
            expected=f"a graph that runs for {_ROBOTS} robots at once",
            got=error.got,
            fix="export with a dynamic first axis and an example batch of at least 2",
        ) from error
    alone = [
        run_graph(model, contract, {name: array[robot] for name, array in inputs.items()})
        for robot in range(_ROBOTS)
    ]
    expected = {
        spec.name: np.stack([outputs[spec.name] for outputs in alone]) for spec in contract.outputs
    }
    report = compare_outputs(contract, expected, together, tolerance=tolerance)
    if not report.passed:
        raise GraphError(
            "policy.onnx: batch",
            expected=f"each robot of a batch to get its own answer within {tolerance:g}",
            got=str(report),
            fix="remove what mixes robots: means over the batch, training-mode normalisation",
        )
    return report


def _run_batch(
    model: bytes, contract: Contract, inputs: dict[str, NDArray[np.float32]], ticks: int
) -> dict[str, NDArray[np.float32]]:
    """Run the batch and return its outputs, ``(robots, ticks, *shape)`` by name."""
    backend = OnnxRuntimeBackend(model, contract, batch=_ROBOTS)
    outputs = {
        spec.name: np.empty((_ROBOTS, ticks, *spec.shape), np.float32) for spec in contract.outputs
    }
    for tick in range(ticks):
        for name, array in inputs.items():
            backend.inputs[name][...] = array[:, tick]
        backend.step()
        for name, array in outputs.items():
            array[:, tick] = backend.outputs[name]
    return outputs
