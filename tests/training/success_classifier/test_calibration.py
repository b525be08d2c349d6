import numpy as np
import pytest

from untether_training.success_classifier.calibration import (
    bin_by_probability,
    choose_threshold,
    expected_calibration_error,
    fit_temperature,
    to_probability,
)


def draw(temperature, count=20_000):
    """Logits, and labels that are true as often as the logits over the temperature say."""
    generator = np.random.default_rng(0)
    logits = generator.normal(0.0, 6.0, count)
    return logits, generator.random(count) < 1.0 / (1.0 + np.exp(-logits / temperature))


def test_probabilities_are_the_logistic_function_and_do_not_overflow():
    logits = np.array([-1e4, -2.0, 0.0, 2.0, 1e4])
    with np.errstate(all="raise"):
        probabilities = to_probability(logits, 2.0)
    np.testing.assert_allclose(probabilities, [0.0, 0.268941, 0.5, 0.731059, 1.0], atol=1e-6)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_labels_is_found(temperature):
    logits, labels = draw(temperature)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.08)


def test_the_right_temperature_has_the_least_calibration_error():
    logits, labels = draw(3.0)

    def error(temperature):
        bins = bin_by_probability(to_probability(logits, temperature), labels)
        return expected_calibration_error(bins)

    assert error(3.0) < 0.01
    assert error(1.0) > 0.05


def test_calibration_error_by_hand():
    probabilities = np.array([0.02, 0.04, 0.92, 0.98, 1.0])
    labels = np.array([False, True, True, True, False])
    bins = bin_by_probability(probabilities, labels)
    assert [(one.count, one.successes) for one in bins] == [(2, 1), (3, 2)]
    expected = (2 * (0.5 - 0.03) + (2.9 - 2.0)) / 5
    assert expected_calibration_error(bins) == pytest.approx(expected)


@pytest.mark.parametrize(("rate", "exceeding"), [(0.0, 0), (0.005, 5), (0.0059, 5)])
def test_the_threshold_lets_no_more_frames_without_success_pass_than_allowed(rate, exceeding):
    negatives = np.random.default_rng(0).uniform(0.5, 1.0, 1000)
    probabilities = np.concatenate([negatives, np.ones(50)])
    labels = np.repeat([False, True], [1000, 50])
    threshold = choose_threshold(probabilities, labels, rate)
    assert (negatives > threshold).sum() == exceeding


def test_the_threshold_is_never_below_a_half():
    probabilities = np.array([0.01, 0.02, 0.99])
    assert choose_threshold(probabilities, np.array([False, False, True]), 0.005) == 0.5
