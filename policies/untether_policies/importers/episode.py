"""Records the fixture of an imported policy on random inputs."""

import numpy as np
from numpy.typing import NDArray

from untether_policies.contract import Contract
from untether_policies.errors import FixtureError
from untether_policies.fixture import Fixture, record_fixture
from untether_policies.importers.pipeline import Pipeline
from untether_policies.importers.rehearsal import Inputs
from untether_policies.importers.values import refuse
from untether_policies.parity import PARITY_TOLERANCE, compare_outputs, run_graph
from untether_policies.tensors import TensorSpec

_EPISODES = ((1.0, 200), (0.3, 200), (0.1, 200), (0.1, 40), (0.1, 10))  # share of noise, ticks
_ROUNDING = np.float32(1.0 + 1e-6)


def record_episode(model: bytes, contract: Contract, pipeline: Pipeline, inputs: Inputs) -> Fixture:
    """Record a fixture that other computers can repeat.

    Inputs that are rounded otherwise must not change the commands much, which they do where a
    network, shown its own actions, goes wild on random inputs: then calmer and shorter episodes
    are tried.

    Args:
        model: The bytes of the graph.
        contract: The bundle's contract.
        pipeline: What the graph was composed from.
        inputs: Random inputs, (ticks, *shape) by name.

    Raises:
        ImportRefusedError: when even the calmest and shortest episode cannot be repeated.
    """
    for share, ticks in _EPISODES:
        episode = {
            spec.name: _calm(inputs[spec.name][:ticks], spec, pipeline, share)
            for spec in pipeline.inputs
        }
        try:
            fixture = record_fixture(model, contract, episode)
        except FixtureError:  # it went as far as infinity
            continue
        rounded = {name: array * _ROUNDING for name, array in episode.items()}
        again = run_graph(model, contract, rounded)
        if compare_outputs(contract, fixture.outputs, again).worst < PARITY_TOLERANCE / 2.0:
            return fixture
    raise refuse(
        "the network",
        "targets that stay where they are when the last digit of an input changes",
        "targets that do not, although the robot stands still",
        "take a trained checkpoint; add --raw-clip BOUND if training clipped the action",
    )


def _calm(
    values: NDArray[np.float32], spec: TensorSpec, pipeline: Pipeline, share: float
) -> NDArray[np.float32]:
    """Return inputs closer to standing still: ``share`` of their distance from it."""
    still = np.zeros(spec.shape, np.float32)
    if spec.kind == "state/body/rotation":
        still[3] = 1.0
    elif spec.kind == "state/joint/position":
        still[...] = pipeline.pose
    return (still + share * (values - still)).astype(np.float32)
