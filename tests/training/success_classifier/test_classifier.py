import re

import numpy as np
import pytest
import torch

from untether_hardware.datasets.reader import DatasetReader
from untether_training.success_classifier.calibration import to_probability
from untether_training.success_classifier.classifier import (
    ClassifierError,
    ClassifierFacts,
    SuccessClassifier,
)
from untether_training.success_classifier.frames import read_facts, read_frames
from untether_training.success_classifier.network import SuccessNetwork
from untether_training.success_classifier.trainer import compute_logits

FACTS = ClassifierFacts("pick", ("front", "wrist"), 32, 0.7, 1.5)


@pytest.fixture
def classifier():
    torch.manual_seed(0)
    return SuccessClassifier(FACTS, SuccessNetwork(FACTS.cameras, FACTS.image_size))


@pytest.fixture
def archive(classifier, tmp_path):
    """The file's path, and a function that changes entries; None removes one."""
    path = tmp_path / "pick.npz"
    classifier.save(path)

    def change(**changes):
        with np.load(path) as file:
            contents = {name: file[name] for name in file.files}
        contents |= changes
        kept = {name: value for name, value in contents.items() if value is not None}
        np.savez(path, **kept)

    return path, change


def pictures(seed=0, size=32):
    generator = np.random.default_rng(seed)
    shape = (size, size, 3)
    return {name: generator.integers(0, 256, shape, dtype=np.uint8) for name in FACTS.cameras}


def test_a_file_gives_the_same_classifier(classifier, archive):
    again = SuccessClassifier.load(archive[0])
    assert again.facts == FACTS
    for seed in range(3):
        assert again.judge(pictures(seed)) == classifier.judge(pictures(seed))


def test_it_judges_a_frame_of_a_recording_as_the_report_does(classifier, write_recording):
    reader = DatasetReader(write_recording("one", episodes=1))
    frames = read_frames(reader, read_facts(reader))
    expected = to_probability(compute_logits(classifier.network, frames), FACTS.temperature)
    shown = reader.read_episode(0).pictures
    for frame in (0, 9):
        one = {name: shown[f"observation.images.{name}"][frame] for name in FACTS.cameras}
        assert classifier.judge(one) == pytest.approx(expected[frame], abs=2e-3)


def test_the_cameras_are_told_apart(classifier):
    shown = pictures()
    swapped = {"front": shown["wrist"], "wrist": shown["front"]}
    assert classifier.judge(shown) != pytest.approx(classifier.judge(swapped), abs=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"front": pictures()["front"]}, "expected those of front, wrist, got front. Fix: "),
        (pictures(size=48), "picture of front: expected (32, 32, 3) uint8, got (48, 48, 3)"),
        ({name: one / 255 for name, one in pictures().items()}, "got (32, 32, 3) float64"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(classifier, given, message):
    with pytest.raises(ClassifierError, match=re.escape(message)):
        classifier.judge(given)


WEIGHT = "weights.head.4.weight"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": np.asarray(9)}, "expected format version 1, got 9"),
        ({"format_version": None}, "expected format version 1, got none"),
        ({"temperature": None}, "got a file without temperature"),
        ({"temperature": np.asarray(0.0)}, "expected a positive temperature, got 0.0"),
        ({"temperature": np.asarray("warm")}, "expected temperature of 0 dimensions"),
        ({"threshold": np.asarray(np.nan)}, "expected a threshold between 0 and 1, got nan"),
        ({"cameras": np.asarray(["front", "front"])}, "expected cameras, each once"),
        ({"cameras": np.asarray(["front"])}, "got others: encoder.heads.1"),
        ({"image_size": np.asarray(40)}, "expected an image size that is a multiple of 16"),
        ({"image_size": np.asarray(64)}, "expected encoder.heads.0.embedding of (112, 8, 16)"),
        ({"task": np.asarray({"a": 1})}, "Object arrays cannot be loaded"),
        ({WEIGHT: None}, "others: head.4.weight"),
        ({WEIGHT: np.full((1, 256), np.nan, np.float32)}, "expected finite numbers in head.4"),
        ({WEIGHT: np.zeros((1, 256))}, "expected head.4.weight of (1, 256) float32"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(archive, changes, message):
    path, change = archive
    change(**changes)
    with pytest.raises(ClassifierError, match=re.escape(message)) as caught:
        SuccessClassifier.load(path)
    assert "untether classifier train" in caught.value.fix


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\x03\x04 torn"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ClassifierError, match=r"expected a classifier as \.npz"):
        SuccessClassifier.load(tmp_path / "x.npz")


def test_a_lone_array_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(ClassifierError, match=r"expected a classifier as \.npz"):
        SuccessClassifier.load(tmp_path / "x.npy")
