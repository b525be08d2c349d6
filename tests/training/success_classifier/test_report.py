import numpy as np
import pytest

from untether_training.success_classifier.plot import plot_reliability
from untether_training.success_classifier.report import Proportion, make_report
from untether_training.success_classifier.streak import SuccessStreak


def report(probabilities, labels, episodes):
    values = np.array(probabilities, dtype=float)
    return make_report(values, np.array(labels, dtype=bool), np.array(episodes), 0.8)


def test_two_judgements_in_a_row_count_as_success():
    streak = SuccessStreak(0.8)
    assert [streak.add(p) for p in (0.9, 0.8, 0.9, 0.9, 0.9, 0.1)] == [
        False,
        False,
        False,
        True,
        True,
        False,
    ]
    streak.add(0.9)
    streak.reset()
    assert not streak.add(0.9)


def test_frames_and_episodes_are_counted():
    made = report(
        probabilities=[0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1],
        labels=[0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1],
        episodes=[0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3],
    )
    assert made.accuracy == Proportion(6, 13)
    assert made.precision == Proportion(3, 8)
    assert made.recall == Proportion(3, 5)
    assert made.false_frames == Proportion(5, 8)
    assert made.found == Proportion(1, 3)
    assert made.false_ends == Proportion(1, 4)


def test_a_classifier_that_never_sees_success_has_no_precision():
    made = report([0.1, 0.2], [0, 1], [0, 0])
    assert made.precision == Proportion(0, 0)
    assert made.recall == Proportion(0, 1)


def test_the_plot_is_a_picture(tmp_path):
    made = report([0.1, 0.45, 0.9], [0, 1, 1], [0, 0, 0])
    assert made.calibration_error == pytest.approx((0.1 + 0.55 + 0.1) / 3)
    plot_reliability(made.bins, tmp_path / "plot.png", "pick", 0.8)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
