"""Plays random ticks through a composed policy and through the peer's own pipeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from untether_policies.backends.onnx_runtime import OnnxRuntimeBackend
from untether_policies.contract import Contract
from untether_policies.importers.assembly import LAST_ACTION, TARGET
from untether_policies.importers.pipeline import Pipeline
from untether_policies.importers.reference import Reference
from untether_policies.importers.refusal import ImportRefusedError
from untether_policies.tensors import TensorSpec

TICKS = 300
RESETS = (200, 201)  # an episode, one of a single tick, and another
TOLERANCE = 1e-4  # of the joint's range, or of the greatest target where that is more
_STANDARD_DEVIATION = {
    "state/joint/position": 0.2,  # [rad] about the default pose
    "state/joint/velocity": 1.0,  # [rad/s]
    "state/body/angular_velocity": 0.5,  # [rad/s]
    "state/body/linear_velocity": 0.5,  # [m/s]
}

Inputs = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class RehearsalReport:
    """How close a composition comes to what it was made from.

    Attributes:
        worst: Greatest difference of a joint target [rad].
        ticks: Number of ticks compared.
        resets: Number of resets between them.
    """

    worst: float
    ticks: int
    resets: int


def sample_inputs(pipeline: Pipeline, seed: int, ticks: int = TICKS) -> Inputs:
    """Return random inputs about an upright default pose, (ticks, *shape) by name."""
    generator = np.random.default_rng(seed)
    return {
        spec.name: _sample(spec, pipeline, generator, ticks).astype(np.float32)
        for spec in pipeline.inputs
    }


def rehearse(
    model: bytes,
    contract: Contract,
    pipeline: Pipeline,
    reference: Reference,
    inputs: Inputs,
    resets: Sequence[int] = RESETS,
) -> RehearsalReport:
    """Compare a composed graph with a reference, tick by tick, through resets.

    Compared are the targets, and the action that each is going to show its network next.

    Args:
        model: The bytes of the graph.
        contract: The bundle's contract.
        pipeline: What the graph was composed from.
        reference: The peer's pipeline around the original network.
        inputs: (ticks, *shape) by name.
        resets: Ticks before which both start anew, beside the first.

    Raises:
        ImportRefusedError: when a target differs by more than the tolerance.
    """
    backend = OnnxRuntimeBackend(model, contract)
    span = np.subtract(pipeline.limits[1], pipeline.limits[0])  # (joints) [rad]
    generator = np.random.default_rng(0)
    worst = 0.0
    ticks = len(next(iter(inputs.values())))
    for tick in range(ticks):
        if tick in (0, *resets):
            backend.reset()
            reference.reset()
        row = {name: array[tick] for name, array in inputs.items()}
        for name, values in row.items():
            backend.inputs[name][0] = values
        backend.step()
        targets = reference.step(row)
        wanted = np.array([targets[joint] for joint in pipeline.action.joints])
        worst = max(worst, _compare(backend.outputs[TARGET][0], wanted, span, f"tick {tick}"))
        action = backend.carry[LAST_ACTION][0]
        _compare(action, reference.last_action, np.ones(len(action)), f"last action, tick {tick}")
        # Both go on with another action: on random inputs, a network that is shown its own actions
        # may let rounding errors, and the actions themselves, grow without end.
        action[...] = generator.standard_normal(len(action))
        reference.last_action = action.astype(np.float64)
    return RehearsalReport(worst, ticks, sum(reset < ticks for reset in resets))


def _compare(
    got: NDArray[np.float32], wanted: NDArray[np.float64], span: NDArray[np.float64], where: str
) -> float:
    """Return the greatest difference; refuses one beyond the tolerance, and NaN."""
    error = np.abs(got - wanted)
    if not np.all(error <= TOLERANCE * np.maximum(span, np.abs(wanted).max())):
        index = int(np.argmax(np.nan_to_num(error / span, nan=np.inf)))
        raise ImportRefusedError(
            f"parity, {where}, value {index}",
            expected=f"{wanted[index]:.6f}, as in the peer's pipeline",
            got=f"{got[index]:.6f} from the composed graph",
            fix="report this artefact as a bug: the importer misreads it",
        )
    return float(error.max())


def _sample(
    spec: TensorSpec, pipeline: Pipeline, generator: np.random.Generator, ticks: int
) -> NDArray[np.float64]:
    """Return random values of one input, (ticks, *shape)."""
    noise = generator.standard_normal((ticks, *spec.shape))
    if spec.kind == "state/body/rotation":
        noise[:, :2] *= 0.3  # mostly upright, any heading
        return noise / np.linalg.norm(noise, axis=1, keepdims=True)
    nominal = pipeline.pose if spec.kind == "state/joint/position" else 0.0
    return noise * _STANDARD_DEVIATION.get(spec.kind, 1.0) + np.asarray(nominal)
