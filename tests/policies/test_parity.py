import numpy as np
import pytest

from untether_policies.errors import GraphError
from untether_policies.parity import check_parity, compare_outputs, run_graph


def test_error_is_a_fraction_of_the_range(contract):
    expected = {"rotor_thrust": np.zeros((5, 2))}
    got = {"rotor_thrust": np.full((5, 2), 1e-3)}  # the range is 2
    report = compare_outputs(contract, expected, got)
    assert report.worst == pytest.approx(5e-4)
    assert report.ticks == 5
    assert not report.passed
    assert compare_outputs(contract, expected, got, tolerance=6e-4).passed


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_never_pass(contract, value):
    sound, broken = {"rotor_thrust": np.zeros((5, 2))}, {"rotor_thrust": np.full((5, 2), value)}
    for expected, got in ((sound, broken), (broken, sound), (broken, broken)):
        assert not compare_outputs(contract, expected, got).passed


def test_recordings_of_different_length_never_pass(contract):
    expected, got = {"rotor_thrust": np.zeros((5, 2))}, {"rotor_thrust": np.zeros((4, 2))}
    assert not compare_outputs(contract, expected, got).passed


def test_equal_policies_pass_with_the_tolerance_in_the_text(model, contract, inputs, framework):
    report = check_parity(framework(), model, contract, inputs)
    assert report.passed
    assert report.ticks == 120
    assert "rotor_thrust" in str(report)
    assert "0.0001" in str(report)


@pytest.mark.parametrize("scale", [1.01, -1.0, 0.0, np.nan])
def test_policy_with_another_scale_is_refused(model, contract, inputs, scale, refused, framework):
    with refused(GraphError, what="parity", expected="0.0001", got="MORE THAN", fix="scale"):
        check_parity(framework(scale), model, contract, inputs)


def test_reference_whose_carry_differs_is_refused(model, contract, inputs, refused, framework):
    def forgetful(tensors):
        return framework()(tensors | {"integral": np.zeros((1, 3))})

    with refused(GraphError, what="parity"):
        check_parity(forgetful, model, contract, inputs)


def test_tolerance_can_be_widened(model, contract, inputs, framework):
    assert check_parity(framework(1.001), model, contract, inputs, tolerance=1e-2).passed


def test_graph_runs_from_a_given_carry(model, contract, inputs):
    whole = run_graph(model, contract, inputs)["rotor_thrust"]
    other = run_graph(model, contract, inputs, {"integral": np.zeros(3)})["rotor_thrust"]
    assert whole.shape == (120, 2)
    assert not np.allclose(whole[0], other[0])
