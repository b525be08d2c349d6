"""Refuses a dataset that a run's task cannot be learned from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import ACTION, Camera, Feature
from untether_hardware.datasets.reader import DatasetReader, Episode
from untether_hardware.franka.description import FR3
from untether_hardware.manipulation.dataset_schema import STATE, make_schema
from untether_hardware.manipulation.registry import make_task
from untether_training.interactive.config import ManipulationChoice
from untether_training.manipulation.dataset_frame import split_state

_OPEN, _STAY, _CLOSE = 1, 0, -1


def require_recording(reader: DatasetReader, choice: ManipulationChoice) -> None:
    """Check features, cameras, rate and task.

    Args:
        reader: Of the dataset.
        choice: The task that is to be learned.

    Raises:
        DatasetError: When something does not fit.
    """
    task = make_task(choice.name).config
    wanted, got = make_schema(choice.image_size, round(1.0 / task.period)), reader.schema
    features = {feature.name: feature for feature in got.features}
    for feature in wanted.features:
        if feature.name in (STATE, ACTION) and not _fits(feature, features.get(feature.name)):
            raise _refuse(
                reader,
                f"a feature {_describe_feature(feature)}",
                ", ".join(map(_describe_feature, got.features)),
                "record with untether train, or with the arm's nodes",
            )
    cameras = {camera.name: camera for camera in got.cameras}
    for camera in wanted.cameras:
        found = cameras.get(camera.name)
        if found is None or (found.width, found.height) != (camera.width, camera.height):
            raise _refuse(
                reader,
                f"a camera {_describe_camera(camera)}",
                ", ".join(map(_describe_camera, got.cameras)) or "none",
                _find_fix(got.cameras) or "record both cameras, square and of one size",
            )
    if got.fps != wanted.fps:
        fix = "record at the rate at which the task is done, or convert to it"
        raise _refuse(reader, f"{wanted.fps} frames a second", f"{got.fps}", fix)
    if set(reader.tasks) - {choice.name}:
        got_tasks, fix = ", ".join(map(repr, reader.tasks)), "give a dataset of this task only"
        raise _refuse(reader, f"episodes of the task {choice.name!r}", got_tasks, fix)


def require_gripper(folder: Path, episodes: Sequence[Episode], choice: ManipulationChoice) -> None:
    """Check that the gripper is commanded where the task needs it, and opened only there.

    Args:
        folder: The dataset.
        episodes: All of it, without pictures.
        choice: The task that is to be learned.

    Raises:
        DatasetError: When it is not.
    """
    commands = [_read_gripper(episode) for episode in episodes]
    fix = f"give a dataset of the task {choice.name}"
    if make_task(choice.name).config.gripper_fixed:
        for episode, command in zip(episodes, commands, strict=True):
            if (command == _OPEN).any():
                step = int(np.argmax(command == _OPEN))
                expected = f"a gripper that stays closed, as {choice.name} keeps it"
                got = f"one that opens in step {step} of episode {episode.index}"
                raise DatasetError(str(folder), expected=expected, got=got, fix=fix)
    elif commands and not any(command.any() for command in commands):
        expected = f"a gripper that is commanded, as {choice.name} needs it"
        got = "one that is left alone in all episodes"
        raise DatasetError(str(folder), expected=expected, got=got, fix=fix)


def find_toggles(episode: Episode) -> NDArray[np.bool_]:
    """Return which steps made the gripper change its direction, as in a workcell (frames,)."""
    width = split_state(episode.columns[STATE][0])["gripper_width"][0]
    direction = _OPEN if width > 0.5 * FR3.hand.max_width else _CLOSE
    toggled = np.zeros(len(episode), dtype=bool)
    for step, command in enumerate(_read_gripper(episode)):
        toggled[step] = command not in (_STAY, direction)
        if toggled[step]:
            direction = command
    return toggled


def _read_gripper(episode: Episode) -> NDArray[np.int_]:
    """Return what the gripper was told: -1, 0 or 1 (frames,)."""
    return np.rint(np.clip(episode.columns[ACTION][:, -1], _CLOSE, _OPEN)).astype(int)


def _fits(wanted: Feature, got: Feature | None) -> bool:
    """Return whether a feature is what is wanted; elements without names may be anything."""
    if got is None or (got.dtype, got.size) != (wanted.dtype, wanted.size):
        return False
    return not got.elements or not wanted.elements or got.elements == wanted.elements


def _find_fix(cameras: tuple[Camera, ...]) -> str:
    """Return how to learn from pictures of another size, if they are square and of one size."""
    sizes = {size for camera in cameras for size in (camera.width, camera.height)}
    return f"learn with task.image_size={sizes.pop()}" if len(sizes) == 1 else ""


def _describe_feature(feature: Feature) -> str:
    return f"{feature.name} of {feature.size} {feature.dtype}"


def _describe_camera(camera: Camera) -> str:
    return f"{camera.name} of {camera.width} x {camera.height}"


def _refuse(reader: DatasetReader, expected: str, got: str, fix: str) -> DatasetError:
    return DatasetError(str(reader.folder), expected=expected, got=got, fix=fix)
