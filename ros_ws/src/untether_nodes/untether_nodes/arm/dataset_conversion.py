"""Writes a dataset from the recording of an arm: one episode for each that ran and was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import ACTION, Commander, Step
from untether_hardware.datasets.layout import INFO
from untether_hardware.datasets.schema import DatasetSchema
from untether_hardware.datasets.writer import DatasetWriter
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.dataset_schema import (
    CAMERA_PREFIX,
    STATE,
    SUCCESS,
    make_schema,
)
from untether_hardware.manipulation.observation import STATE_SIZES, observe_state
from untether_hardware.manipulation.registry import TASKS, make_task
from untether_hardware.manipulation.tensors import CAMERAS
from untether_nodes.arm.conversions import to_picture
from untether_nodes.arm.episode import Outcome
from untether_nodes.arm.episode_frames import ArmFrame, count_unfinished, make_frames
from untether_nodes.arm.episode_notice import EpisodeNotice
from untether_nodes.arm.recorded_arm import RecordedArm, picture_topic, read_recorded_arm
from untether_nodes.recording.bag_reader import BagReader


class LeftOut(NamedTuple):
    """An episode that is not in the dataset.

    Attributes:
        number: Of the episode in the recording, from 0.
        stamp: Of its last pictures [s, node clock].
        reason: Why.
        bad: Whether its recording does not fit; else nobody wants it.
    """

    number: int
    stamp: float
    reason: str
    bad: bool


@dataclass(frozen=True)
class Conversion:
    """What became of a recording.

    Attributes:
        path: The MCAP file.
        task: Name of the task.
        whole: Whether the file had its end.
        episodes: Written to the dataset.
        frames: Of all of them.
        left_out: Episodes that are not in the dataset.
        unfinished: Answers of the policy in episodes whose end is not recorded.
    """

    path: Path
    task: str
    whole: bool
    episodes: int
    frames: int
    left_out: tuple[LeftOut, ...]
    unfinished: int


class _Plan(NamedTuple):
    """An episode that will be written."""

    notice: EpisodeNotice
    frames: list[ArmFrame]


def convert_recording(
    recording: Path,
    folder: Path,
    *,
    task: str = "",
    namespace: str | None = None,
    skip_bad: bool = False,
) -> Conversion:
    """Write the episodes of a recording to a dataset, or append them to one.

    A frame is a control period. Its state is relative to the tool's pose at the episode's first
    frame; its action is what the safety stage sent, in units of the task's scales. A success
    terminates its episode and earns 1; a deadline truncates it, and so does a person who gives it
    up. Episodes that were discarded, and those that ended before anybody could tell, are left out.
    ``success`` is false throughout, because an episode ends as soon as somebody sees it.

    Nothing is written when an episode does not fit, unless that is to be skipped.

    Args:
        recording: The MCAP file, or the recorder's folder.
        folder: A new folder, an empty one, or a dataset of the same features.
        task: Name in the registry of tasks; empty takes the one that was recorded.
        namespace: Of the arm, such as ``/franka``; None for the only one.
        skip_bad: Whether to leave out episodes that do not fit.

    Raises:
        DatasetError: When recording, an episode or dataset do not fit.
        OSError: When the recording cannot be read or the dataset not written.
    """
    bag = BagReader(recording)
    arm = read_recorded_arm(bag, namespace)
    task = _require_task(bag.path, task or arm.task)
    config = make_task(task).config
    plans, left_out = _plan(arm, config, skip_bad=skip_bad)
    frames = sum(len(plan.frames) for plan in plans)
    if plans:
        schema = make_schema(_find_size(arm, plans), round(1.0 / config.period))
        with _open_writer(folder, schema) as writer:
            for plan, pictures in _collect(bag, arm, plans):
                _write(writer, plan, pictures)
                writer.finish_episode(task)
    unfinished = count_unfinished(arm)
    return Conversion(bag.path, task, bag.whole, len(plans), frames, tuple(left_out), unfinished)


def _require_task(path: Path, task: str) -> str:
    if task not in TASKS:
        raise DatasetError(
            f"{path}: task",
            expected=f"one of {', '.join(TASKS)}",
            got=repr(task) if task else "a recording without arm_safety_node's parameters",
            fix="name it with --task",
        )
    return task


def _plan(
    arm: RecordedArm, config: ManipulationConfig, *, skip_bad: bool
) -> tuple[list[_Plan], list[LeftOut]]:
    """Return the episodes to be written, and those that are left out."""
    plans: list[_Plan] = []
    left_out: list[LeftOut] = []
    for number, notice in enumerate(arm.notices):
        reason = _find_reason(notice)
        if reason is not None:
            left_out.append(LeftOut(number, notice.stamp, reason, bad=False))
            continue
        try:
            plan = _Plan(notice, make_frames(arm, notice, config))
            _find_size(arm, [*plans[:1], plan])
        except DatasetError as error:
            if not skip_bad:
                what = f"episode {number} of the recording: {error.what}"
                raise DatasetError(
                    what, expected=error.expected, got=error.got, fix=error.fix
                ) from error
            left_out.append(LeftOut(number, notice.stamp, str(error), bad=True))
        else:
            plans.append(plan)
    return plans, left_out


def _find_reason(notice: EpisodeNotice) -> str | None:
    """Return why nobody wants an episode, or None."""
    if notice.steps == 0:
        return f"the policy never acted ({notice.text})"
    if notice.outcome is Outcome.DISCARDED:
        return f"discarded ({notice.text})"
    if notice.outcome is Outcome.UNKNOWN:
        return f"nobody told how it came out ({notice.text})"
    return None


def _find_size(arm: RecordedArm, plans: list[_Plan]) -> int:
    """Return the width and height of all pictures [px]."""
    sizes = {
        arm.pictures[camera].values[number]
        for plan in plans
        for frame in plan.frames
        for camera, number in frame.pictures.items()
    }
    size = next(iter(sizes))
    if len(sizes) > 1 or size is None:
        got = ", ".join("another kind" if one is None else f"{one} x {one}" for one in sizes)
        raise DatasetError(
            "pictures",
            expected="square rgb8 pictures of one size",
            got=got,
            fix="set all cameras to what the policy was trained with",
        )
    return size


@contextmanager
def _open_writer(folder: Path, schema: DatasetSchema) -> Iterator[DatasetWriter]:
    """Begin a dataset, or go on with one that has the same features."""
    if not (folder / INFO).is_file():
        with DatasetWriter.create(folder, schema) as writer:
            yield writer
        return
    with DatasetWriter.resume(folder) as writer:
        _require_schema(folder, writer.schema, schema)
        yield writer


def _require_schema(folder: Path, found: DatasetSchema, wanted: DatasetSchema) -> None:
    facts = [{"fps": one.fps, "robot": one.robot, **one.describe()} for one in (wanted, found)]
    expected, got = facts
    for name in {**expected, **got}:
        if expected.get(name) != got.get(name):
            raise DatasetError(
                f"{folder}: {name}",
                expected=f"{expected.get(name, 'no such feature')}",
                got=f"{got.get(name, 'no such feature')}",
                fix="convert into a folder of its own",
            )


def _collect(
    bag: BagReader, arm: RecordedArm, plans: list[_Plan]
) -> Iterator[tuple[_Plan, list[dict[str, NDArray[np.uint8]]]]]:
    """Read the file again for the pictures; yield each episode once it has all of them."""
    places = {
        (f"{arm.namespace}/{picture_topic(camera)}", number): (index, frame, camera)
        for index, plan in enumerate(plans)
        for frame, one in enumerate(plan.frames)
        for camera, number in one.pictures.items()
    }
    topics = {topic for topic, _ in places}
    counts: Counter[str] = Counter()
    pictures = [[{} for _ in plan.frames] for plan in plans]
    missing = [len(CAMERAS) * len(plan.frames) for plan in plans]
    for message in bag.read_messages():
        if message.topic not in topics:
            continue
        place = places.get((message.topic, counts[message.topic]))
        counts[message.topic] += 1
        if place is None:
            continue
        index, frame, camera = place
        pictures[index][frame][CAMERA_PREFIX + camera] = to_picture(bag.decode(message))
        missing[index] -= 1
        if missing[index] == 0:
            yield plans[index], pictures[index]
            pictures[index] = []


def _write(
    writer: DatasetWriter,
    plan: _Plan,
    pictures: list[dict[str, NDArray[np.uint8]]],
) -> None:
    """Add the frames of an episode."""
    reset_pose = plan.frames[0].state.pose
    succeeded = plan.notice.outcome is Outcome.SUCCESS
    for index, frame in enumerate(plan.frames):
        last = index == len(plan.frames) - 1
        observation = observe_state(frame.state, reset_pose)
        values = {
            STATE: np.concatenate([observation[name] for name in STATE_SIZES]),
            ACTION: frame.done.action,
            SUCCESS: False,
        }
        commander = frame.done.commander
        step = Step(
            frame.stamp,
            float(last and succeeded),
            terminated=last and succeeded,
            truncated=last and not succeeded,
            commander=commander,
            intervention=commander is Commander.OPERATOR,
        )
        writer.add_frame(values, step, pictures[index])
