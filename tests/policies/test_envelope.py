from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.benchmarks.generated import describe_contract
from untether_policies.contract import EnvelopeSpec, TensorSpec
from untether_policies.envelope import Envelope, compute_envelope
from untether_policies.errors import ContractError

SPAN = EnvelopeSpec((0.0, -1.0, 5.0), (1.0, 0.0, 5.0), (2.0, 1.0, 5.0))


@pytest.fixture
def seen(contract):
    return replace(contract, envelope={"position": SPAN})


@pytest.fixture
def rotating(contract):
    spec = TensorSpec(
        "orientation", "state/body/rotation", ("x", "y", "z", "w"), (4,), "1", "map", 0.1,
        quaternion_order="xyzw",
    )  # fmt: skip
    return replace(contract, inputs=(spec,), envelope={})


def test_inside_and_within_the_margin_is_no_excursion(seen):
    envelope = Envelope(seen, margin=0.5)
    for values in ((0.0, -1.0, 5.0), (2.0, 1.0, 5.0), (-0.5, 1.5, 5.0005)):
        assert envelope.check("position", values) is None
        assert envelope.excess("position", values) == (0.0, 0.0, 0.0)


def test_excess_counts_half_widths_beyond_the_margin(seen):
    envelope = Envelope(seen, margin=0.5)
    assert envelope.excess("position", (3.5, -3.5, 5.0)) == pytest.approx((1.0, 2.0, 0.0))
    excursion = envelope.check("position", (3.5, -3.5, 5.0))
    assert (excursion.tensor, excursion.element) == ("position", "y")
    assert (excursion.value, excursion.lower, excursion.upper) == (-3.5, -1.5, 1.5)
    assert excursion.excess == pytest.approx(2.0)
    assert "position.y = -3.5" in str(excursion)


def test_constant_input_has_a_least_width(seen):
    envelope = Envelope(seen, margin=1.0)
    assert envelope.check("position", (1.0, 0.0, 5.0009)) is None
    assert envelope.check("position", (1.0, 0.0, 5.01)).element == "z"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_values_that_are_not_finite_are_outside_of_everything(seen, value):
    excursion = Envelope(seen, margin=100.0).check("position", (1.0, value, 5.0))
    assert excursion.element == "y"
    assert excursion.excess == float("inf")


def test_input_without_envelope_is_never_outside(seen):
    envelope = Envelope(seen)
    assert envelope.check("goal_position", (1e9, 0.0, float("nan"))) is None
    assert envelope.excess("goal_position", (1e9, 0.0, 0.0)) == (0.0, 0.0, 0.0)


def test_wrong_count_and_negative_margin_are_refused(seen, refused):
    with refused(ContractError, expected="3 numbers", got="2"):
        Envelope(seen).check("position", (1.0, 0.0))
    with refused(ContractError, expected="at least 0", got="-0.1"):
        Envelope(seen, margin=-0.1)


def test_quantiles_of_a_known_distribution(contract):
    values = np.random.default_rng(0).uniform(0.0, 1.0, (100_000, 3))
    spec = compute_envelope(contract, {"position": values})["position"]
    np.testing.assert_allclose(spec.lower, 0.001, atol=5e-4)
    np.testing.assert_allclose(spec.median, 0.5, atol=5e-3)
    np.testing.assert_allclose(spec.upper, 0.999, atol=5e-4)


def test_both_signs_of_a_quaternion_are_the_same_rotation(rotating):
    samples = np.random.default_rng(0).normal((0.0, 0.1, 0.0, 1.0), 0.05, (500, 4))
    flipped = samples * np.where(np.arange(500) % 2, 1.0, -1.0)[:, None]
    spec = compute_envelope(rotating, {"orientation": flipped})
    assert spec == compute_envelope(rotating, {"orientation": samples})
    envelope = Envelope(replace(rotating, envelope=spec), margin=1.0)
    assert envelope.check("orientation", (0.0, 0.1, 0.0, 1.0)) is None
    assert envelope.check("orientation", (0.0, -0.1, 0.0, -1.0)) is None
    assert envelope.check("orientation", (0.0, -0.9, 0.0, 0.4)).element == "y"


def test_grid_has_one_width_for_all_cells(contract):
    spec = TensorSpec("image", "state/camera/image", (), (4, 4), "1", "camera", 0.2)
    contract = replace(contract, inputs=(spec,))
    values = np.random.default_rng(0).uniform(0.2, 0.8, (100, 4, 4))
    seen = compute_envelope(contract, {"image": values})
    assert len(seen["image"].lower) == 1
    envelope = Envelope(replace(contract, envelope=seen), margin=0.0)
    assert envelope.check("image", (0.5,) * 16) is None
    excursion = envelope.check("image", (0.5,) * 15 + (2.0,))
    assert excursion.value == 2.0
    assert str(excursion).startswith("image = 2")


@pytest.mark.parametrize("values", [np.zeros((0, 3)), np.full((5, 3), np.nan)])
def test_recordings_without_finite_values_are_refused(contract, values, refused):
    with refused(ContractError, what="envelope: position", expected="finite"):
        compute_envelope(contract, {"position": values})


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), st.floats(0, 10))
def test_check_and_excess_agree(values, margin):
    envelope = Envelope(replace(describe_contract(), envelope={"position": SPAN}), margin)
    excursion = envelope.check("position", values)
    worst = max(envelope.excess("position", values))
    assert (excursion is None) == (worst == 0.0)
    if excursion is not None:
        assert excursion.excess == worst
