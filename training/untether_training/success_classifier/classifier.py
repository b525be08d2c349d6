"""A trained classifier of success: what it holds, how it judges, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from untether_policies.errors import BundleError
from untether_training.offpolicy.trunk import STRIDE, PictureTrunk
from untether_training.success_classifier.calibration import to_probability
from untether_training.success_classifier.network import SuccessNetwork

_FORMAT_VERSION = 1
_WEIGHT = "weights."  # what precedes the names of weights in the file
_LARGEST_IMAGE = 1024  # [px]


class ClassifierError(BundleError):
    """A classifier's file, or what it is given to judge, that does not fit."""


@dataclass(frozen=True)
class ClassifierFacts:
    """What a classifier was made for, and how it decides.

    Attributes:
        task: Name of the task.
        cameras: Names of the cameras.
        image_size: Width and height of the pictures [px].
        threshold: What the probability has to exceed [1].
        temperature: By which logits are divided [1].
    """

    task: str
    cameras: tuple[str, ...]
    image_size: int
    threshold: float
    temperature: float


class SuccessClassifier:
    """Judges pictures of a task.

    Attributes:
        facts: What it was made for, and how it decides.
        network: With its weights, not to be trained on.
    """

    def __init__(self, facts: ClassifierFacts, network: SuccessNetwork) -> None:
        self.facts = facts
        self.network = network.eval()
        self._trunk = PictureTrunk()

    @torch.no_grad()
    def judge(self, pictures: Mapping[str, NDArray[np.uint8]]) -> float:
        """Return the probability of success [1].

        Args:
            pictures: Of each camera (H, W, 3) uint8, red, green, blue; others are left out.

        Raises:
            ClassifierError: When a camera is missing, or a picture does not fit.
        """
        facts = self.facts
        if not set(facts.cameras) <= set(pictures):
            raise ClassifierError(
                "pictures",
                expected=f"those of {', '.join(facts.cameras)}",
                got=", ".join(sorted(pictures)) or "none",
                fix="give the pictures by the cameras' names",
            )
        shape = (facts.image_size, facts.image_size, 3)
        for camera in facts.cameras:
            got = pictures[camera]
            if got.shape != shape or got.dtype != np.uint8:
                raise ClassifierError(
                    f"picture of {camera}",
                    expected=f"{shape} uint8",
                    got=f"{got.shape} {got.dtype}",
                    fix="resize the pictures, or train on pictures of this size",
                )
        stacked = torch.from_numpy(np.stack([pictures[camera] for camera in facts.cameras]))
        maps = self._trunk(stacked)
        logit = self.network({camera: maps[[i]] for i, camera in enumerate(facts.cameras)})
        return float(to_probability(logit.double().numpy(), facts.temperature)[0])

    def save(self, path: Path) -> None:
        """Write the classifier as compressed NumPy archive.

        Raises:
            OSError: When it cannot be written.
        """
        contents = {item.name: np.asarray(getattr(self.facts, item.name)) for item in _FACTS}
        contents["format_version"] = np.asarray(_FORMAT_VERSION)
        for name, weight in self.network.state_dict().items():
            contents[_WEIGHT + name] = weight.numpy()
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **contents)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a classifier that ``save`` wrote; nothing in the file is executed.

        Raises:
            ClassifierError: When the file is not a classifier, or does not fit this version.
            OSError: When it cannot be read.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                contents = {name: archive[name] for name in archive.files}
        except (ValueError, BadZipFile, EOFError, TypeError, AttributeError) as error:
            raise _refuse(path, "a classifier as .npz", str(error)) from error
        version = contents.pop("format_version", None)
        if version is None or version.shape != () or version.tolist() != _FORMAT_VERSION:
            got = "none" if version is None else str(version)
            raise _refuse(path, f"format version {_FORMAT_VERSION}", got)
        facts = _parse_facts(path, contents)
        network = SuccessNetwork(facts.cameras, facts.image_size)
        _load_weights(path, network, contents)
        return cls(facts, network)


_FACTS = fields(ClassifierFacts)


def _parse_facts(path: Path, contents: Mapping[str, NDArray[Any]]) -> ClassifierFacts:
    missing = [item.name for item in _FACTS if item.name not in contents]
    if missing:
        raise _refuse(path, "entries " + ", ".join(item.name for item in _FACTS), _lacks(missing))
    kinds = {"task": "U0", "cameras": "U1", "image_size": "i0", "threshold": "f0"}
    kinds["temperature"] = "f0"
    for name, kind in kinds.items():
        array = contents[name]
        if f"{array.dtype.kind}{array.ndim}" != kind:
            got = f"{array.ndim} of {array.dtype}"
            raise _refuse(path, f"{name} of {kind[1]} dimensions and kind {kind[0]!r}", got)
    cameras = tuple(map(str, contents["cameras"]))
    facts = ClassifierFacts(
        str(contents["task"]),
        cameras,
        int(contents["image_size"]),
        float(contents["threshold"]),
        float(contents["temperature"]),
    )
    if not cameras or len(set(cameras)) != len(cameras):
        raise _refuse(path, "cameras, each once", ", ".join(cameras) or "none")
    if not 0 < facts.image_size <= _LARGEST_IMAGE or facts.image_size % STRIDE:
        expected = f"an image size that is a multiple of {STRIDE}, at most {_LARGEST_IMAGE}"
        raise _refuse(path, expected, str(facts.image_size))
    if not 0.0 < facts.threshold < 1.0:
        raise _refuse(path, "a threshold between 0 and 1", str(facts.threshold))
    if not 0.0 < facts.temperature < np.inf:
        raise _refuse(path, "a positive temperature", str(facts.temperature))
    return facts


def _load_weights(
    path: Path, network: SuccessNetwork, contents: Mapping[str, NDArray[Any]]
) -> None:
    wanted = network.state_dict()
    given = {
        name.removeprefix(_WEIGHT): array
        for name, array in contents.items()
        if name.startswith(_WEIGHT)
    }
    if set(given) != set(wanted):
        differing = sorted(set(given) ^ set(wanted))
        raise _refuse(path, f"weights {', '.join(wanted)}", f"others: {', '.join(differing)}")
    for name, weight in wanted.items():
        array = given[name]
        if array.shape != tuple(weight.shape) or array.dtype != np.float32:
            expected = f"{name} of {tuple(weight.shape)} float32"
            raise _refuse(path, expected, f"{array.shape} {array.dtype}")
        if not np.isfinite(array).all():
            raise _refuse(path, f"finite numbers in {name}", "some that are not")
    network.load_state_dict({name: torch.from_numpy(array) for name, array in given.items()})


def _lacks(names: list[str]) -> str:
    return "a file without " + ", ".join(names)


def _refuse(path: Path, expected: str, got: str) -> ClassifierError:
    fix = "train the classifier again with untether classifier train"
    return ClassifierError(str(path), expected=expected, got=got, fix=fix)
