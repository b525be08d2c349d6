from dataclasses import replace

import numpy as np
import pytest

from untether_policies.errors import FixtureError, GraphError
from untether_policies.fixture import Fixture, check_fixture, record_fixture, replay


def test_recording_holds_what_the_policy_computes(recording, inputs, contract):
    integral = np.array(contract.carry[0].initial)
    gain = np.array([[0.01, -0.02], [0.03, 0.01], [-0.02, 0.02]])
    for tick in range(recording.ticks):
        integral = 0.9 * integral + inputs["goal_position"][tick] - inputs["position"][tick]
        expected = np.tanh(integral @ gain)
        np.testing.assert_allclose(recording.outputs["rotor_thrust"][tick], expected, atol=1e-5)


def test_recording_is_a_copy(model, contract, inputs):
    recording = record_fixture(model, contract, inputs)
    inputs["position"][:] = 7.0
    assert not np.any(recording.inputs["position"] == 7.0)


def test_replay_repeats_the_recording(model, contract, recording):
    report = replay(model, contract, recording)
    assert report.passed
    assert report.ticks == 120
    assert report.worst < 1e-6


def test_replay_starts_from_the_recorded_carry(model, contract, recording):
    middle = Fixture(
        {name: array[60:] for name, array in recording.inputs.items()},
        recording.carry,
        {name: array[60:] for name, array in recording.outputs.items()},
    )
    with pytest.raises(FixtureError):
        replay(model, contract, middle)
    integral = np.array(contract.carry[0].initial, np.float32)
    for tick in range(60):
        error = recording.inputs["goal_position"][tick] - recording.inputs["position"][tick]
        integral = (0.9 * integral + error).astype(np.float32)
    assert replay(model, contract, replace(middle, carry={"integral": integral})).passed


@pytest.mark.parametrize("scale", [1.01, -1.0, 0.0])
def test_other_outputs_are_refused(model, contract, recording, scale, refused):
    outputs = {"rotor_thrust": recording.outputs["rotor_thrust"] * np.float32(scale)}
    with refused(FixtureError, expected="0.0001", got="rotor_thrust", fix="export"):
        replay(model, contract, replace(recording, outputs=outputs))


def _cut(recording, ticks):
    return Fixture(
        {name: array[:ticks] for name, array in recording.inputs.items()},
        recording.carry,
        {name: array[:ticks] for name, array in recording.outputs.items()},
    )


def test_too_few_ticks_are_refused(contract, recording, refused):
    with refused(FixtureError, expected="10 to 10000 ticks", got="9"):
        check_fixture(_cut(recording, 9), contract)
    with refused(FixtureError, got="0"):
        check_fixture(Fixture({}), contract)


@pytest.mark.parametrize("role", ["inputs", "carry", "outputs"])
def test_wrong_names_shapes_types_and_values_are_refused(contract, recording, role, refused):
    arrays = dict(getattr(recording, role))
    name = next(iter(arrays))
    poisoned = arrays[name].copy()
    poisoned.flat[0] = np.nan
    cases = [
        ({}, "as in the contract") if role != "inputs" else ({**arrays, "x": poisoned}, "contract"),
        ({**arrays, name: arrays[name].astype(np.float64)}, "float32"),
        ({**arrays, name: arrays[name][..., :1]}, "float32"),
        ({**arrays, name: poisoned}, "finite"),
    ]
    for changed, expected in cases:
        with refused(FixtureError, what=f"fixture.npz: {role}", expected=expected):
            check_fixture(replace(recording, **{role: changed}), contract)


def test_inputs_that_do_not_fit_are_not_recorded(model, contract, inputs, refused):
    with refused(FixtureError, what="inputs"):
        record_fixture(model, contract, {"position": inputs["position"]})


def test_the_commands_of_a_framework_are_recorded(model, contract, inputs, recording, framework):
    fixture = record_fixture(model, contract, inputs, framework(1.0 + 1e-5))
    np.testing.assert_allclose(
        fixture.outputs["rotor_thrust"] - recording.outputs["rotor_thrust"],
        1e-5 * recording.outputs["rotor_thrust"],
        atol=1e-6,
    )
    assert 1e-6 < replay(model, contract, fixture).worst < 1e-5  # the range is 2


def test_a_framework_that_the_graph_is_not_is_refused(model, contract, inputs, framework, refused):
    with refused(GraphError, what="parity"):
        record_fixture(model, contract, inputs, framework(1.01))
