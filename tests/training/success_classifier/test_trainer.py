import re

import numpy as np
import pytest

from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import Feature, Step
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.datasets.schema import DatasetSchema
from untether_hardware.datasets.writer import DatasetWriter
from untether_training.success_classifier.frames import LabelledFrames, read_facts, read_frames
from untether_training.success_classifier.report import evaluate_classifier
from untether_training.success_classifier.trainer import (
    TrainerConfig,
    split_episodes,
    train_classifier,
)

SHORT = TrainerConfig(steps=40, batch=64, shifted=1)


def test_what_it_learned_holds_on_another_recording(write_recording):
    training = train_classifier(write_recording("first", seed=1), SHORT)
    assert training.held_out_episodes == 3
    assert training.frames + training.held_out_frames == 120
    report = evaluate_classifier(training.classifier, write_recording("second", seed=2))
    assert report.accuracy.total == 120
    assert report.accuracy.count >= 117
    assert report.found.count == report.found.total == 8
    assert report.false_ends.count == 0


def test_the_report_is_of_the_labels_it_is_given(write_recording):
    training = train_classifier(write_recording("first", seed=1), SHORT)
    wrong = evaluate_classifier(training.classifier, write_recording("wrong", mislabel=True))
    assert wrong.accuracy.count <= 3
    assert wrong.calibration_error > 0.5


def test_the_same_seed_gives_the_same_classifier(write_recording):
    folder, config = write_recording("first"), TrainerConfig(steps=3, batch=16, shifted=1)
    first, second = (train_classifier(folder, config).classifier for _ in range(2))
    assert first.facts == second.facts
    weights = zip(first.network.parameters(), second.network.parameters(), strict=True)
    assert all((one == other).all() for one, other in weights)


@pytest.mark.parametrize("seed", range(5))
def test_no_episode_is_on_both_sides(seed):
    episodes = np.repeat(np.arange(20), 7)
    labels = (episodes % 2 == 0) & (np.arange(140) % 7 > 4)
    held_out = split_episodes(LabelledFrames({}, labels, episodes), 0.25, seed)
    chosen = set(episodes[held_out])
    assert not chosen & set(episodes[~held_out])
    assert len({one for one in chosen if one % 2 == 0}) == 2  # a quarter of ten, to even
    assert len({one for one in chosen if one % 2}) == 2


def test_features_of_shifted_pictures_differ_from_those_as_they_are(write_recording):
    reader = DatasetReader(write_recording("one", episodes=1))
    frames = read_frames(reader, read_facts(reader), shifted=2)
    maps = frames.features["front"]
    assert maps.shape == (10, 3, 112, 2, 2)
    plain = read_frames(reader, read_facts(reader)).features["front"]
    assert (maps[:, 0] == plain[:, 0]).all()
    assert (maps[:, 1] != plain[:, 0]).any()
    assert (maps[:, 1] != maps[:, 2]).any()


def test_a_recording_with_too_few_kinds_of_frames_is_refused(write_recording):
    folder = write_recording("one", episodes=2)
    with pytest.raises(DatasetError, match=r"held-out frames with success and without, got 0"):
        train_classifier(folder, TrainerConfig(steps=1, held_out=0.1, shifted=0))


def test_a_dataset_without_labels_is_refused(tmp_path):
    schema = DatasetSchema(10, (Feature("action", "float32", 1),))
    with DatasetWriter.create(tmp_path / "plain", schema) as writer:
        writer.add_frame({"action": [0.0]}, Step(0.0))
        writer.finish_episode("pick")
    with pytest.raises(DatasetError, match=re.escape("a feature 'success' that labels each frame")):
        train_classifier(tmp_path / "plain")


def test_a_recording_of_another_task_is_not_reported_on(write_recording):
    config = TrainerConfig(steps=1, batch=8, shifted=0)
    training = train_classifier(write_recording("pick"), config)
    with pytest.raises(DatasetError, match=r"expected pick seen by .* got peg seen by"):
        evaluate_classifier(training.classifier, write_recording("peg", task="peg"))
