"""The composed graph against plain array arithmetic, for any pipeline."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from untether_policies.backends.onnx_runtime import OnnxRuntimeBackend
from untether_policies.contract import Contract
from untether_policies.importers.assembly import compose_policy
from untether_policies.importers.inputs import make_inputs
from untether_policies.importers.pipeline import JointAction, ObservationTerm, Pipeline, Source
from untether_policies.importers.source_model import load_source_model

JOINTS = ("a", "b", "c")
TICKS, RESET = 9, 6
factors = st.floats(-3.0, 3.0).map(lambda value: round(value, 2) or 1.0)


@st.composite
def terms(draw) -> ObservationTerm:
    width = draw(st.integers(1, 3))
    indices = tuple(draw(st.permutations(range(3)))[:width])
    numbers = st.tuples(*[factors] * width)
    low = draw(st.floats(-1.0, 0.0))
    clip = st.sampled_from(
        [None, (low, 0.5), (low, float("inf")), (float("-inf"), 0.4)],
    )
    return ObservationTerm(
        name="term",
        width=width,
        source=Source.INPUT,
        inputs=(draw(st.sampled_from(["joint_position", "joint_velocity"])),),
        indices=indices,
        bias=draw(st.none() | numbers),
        clip=draw(clip),
        scale=draw(st.none() | numbers),
        scale_first=draw(st.booleans()),
        history=draw(st.integers(1, 4)),
    )


def build_pipeline(chosen: list[ObservationTerm], frames_outermost: bool) -> Pipeline:
    named = [replace(term, name=f"term{index}") for index, term in enumerate(chosen)]
    if frames_outermost:
        named = [replace(term, history=named[0].history) for term in named]
    ones = (1.0,) * 3
    return Pipeline(
        rate=50.0,
        inputs=make_inputs(("joint_position", "joint_velocity"), JOINTS, 50.0),
        terms=tuple(named),
        action=JointAction(JOINTS, (2, 0, 1), (0.5, 0.25, 2.0), (0.1, 0.2, 0.3), ones, ones),
        pose=(0.0,) * 3,
        limits=((-1.0,) * 3, ones),
        frames_outermost=frames_outermost,
    )


def observe(pipeline: Pipeline, inputs: dict, tick: int, start: int) -> np.ndarray:
    """The observation at a tick of an episode that began at ``start``, for all robots at once."""
    columns = []
    for term in pipeline.terms:
        values = inputs[term.inputs[0]][..., list(term.indices)].astype(np.float64)
        values = values - (0.0 if term.bias is None else np.array(term.bias))
        scale = 1.0 if term.scale is None else np.array(term.scale)
        low, high = (-np.inf, np.inf) if term.clip is None else term.clip
        values = (
            np.clip(values * scale, low, high)
            if term.scale_first
            else np.clip(values, low, high) * scale
        )
        past = [max(tick - age, start) for age in reversed(range(term.history))]
        columns.append(values[past])  # (history, robots, width)
    if pipeline.frames_outermost:
        joined = np.concatenate(columns, axis=2)
        return np.concatenate(list(joined), axis=1)
    return np.concatenate([frame for column in columns for frame in column], axis=1)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chosen=st.lists(terms(), min_size=1, max_size=4), outermost=st.booleans())
def test_any_pipeline_is_assembled_as_arrays_would_be(chosen, outermost, network, tmp_path):
    pipeline = build_pipeline(chosen, outermost)
    onnx.save(network(pipeline.observation_width, 3), tmp_path / "policy.onnx")
    source = load_source_model(tmp_path / "policy.onnx")
    composed = compose_policy(pipeline, source)
    contract = Contract("p", "r", 50.0, pipeline.inputs, composed.outputs, carry=composed.carry)
    backend = OnnxRuntimeBackend(composed.model, contract, batch=2)
    generator = np.random.default_rng(0)
    inputs = {
        spec.name: generator.standard_normal((TICKS, 2, 3)).astype(np.float32)
        for spec in pipeline.inputs
    }
    for tick in range(TICKS):
        if tick == RESET:
            backend.reset()
        for name, values in inputs.items():
            backend.inputs[name][...] = values[tick]
        backend.step()
        rows = observe(pipeline, inputs, tick, RESET if tick >= RESET else 0)
        actions = np.stack([source.run(row.astype(np.float32)) for row in rows])
        wanted = (actions * (0.5, 0.25, 2.0) + (0.1, 0.2, 0.3))[:, [2, 0, 1]]
        got = backend.outputs["joint_position_target"]
        assert np.allclose(got, wanted, atol=2e-5 * max(1.0, float(np.abs(wanted).max())))


def test_one_robot_of_a_batch_starts_anew_alone(network, tmp_path):
    term = ObservationTerm("term", 3, Source.INPUT, ("joint_position",), history=3)
    pipeline = build_pipeline([term], False)
    onnx.save(network(9, 3), tmp_path / "policy.onnx")
    composed = compose_policy(pipeline, load_source_model(tmp_path / "policy.onnx"))
    contract = Contract("p", "r", 50.0, pipeline.inputs, composed.outputs, carry=composed.carry)
    backend = OnnxRuntimeBackend(composed.model, contract, batch=2)
    for value in (1.0, 2.0, 3.0):
        backend.inputs["joint_position"][...] = value
        backend.step()
    backend.reset(1)
    backend.inputs["joint_position"][...] = 4.0
    backend.step()
    assert backend.carry["term0_history"][0].tolist() == [[3.0] * 3, [4.0] * 3]
    assert backend.carry["term0_history"][1].tolist() == [[4.0] * 3] * 2


@pytest.mark.parametrize("opset", [11, 13, 17, 18, 21])
def test_graphs_keep_the_opset_of_the_network(opset, network, tmp_path):
    term = ObservationTerm("term", 3, Source.INPUT, ("joint_position",), clip=(-1, 1), history=2)
    onnx.save(network(6, 3, opset=opset), tmp_path / "policy.onnx")
    source = load_source_model(tmp_path / "policy.onnx")
    composed = compose_policy(build_pipeline([term], False), source)
    assert onnx.load_from_string(composed.model).opset_import[0].version == opset
