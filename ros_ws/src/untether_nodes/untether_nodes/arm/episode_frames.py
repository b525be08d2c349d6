"""Makes frames of a recorded episode: pictures, state and what was sent, matched by stamps."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.rate import require_rate
from untether_hardware.exploration.done_action import DoneAction, DoneActions
from untether_hardware.franka.state import ArmState
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.tensors import CAMERAS
from untether_nodes.arm.episode_notice import EpisodeNotice
from untether_nodes.arm.recorded_arm import RecordedArm, SentTwist, Track

CAMERA_TOLERANCE = 0.005
"""Time between the pictures of one frame that is allowed [s]."""
STATE_TOLERANCE = 0.01
"""Time between a frame's pictures and its state that is allowed [s]."""
CLOCK_TOLERANCE = 1.0
"""Median time between the stamps of an episode's pictures and their receipt that is allowed [s]."""

_ROUNDING = 1e-6  # [s] of stamps


class ArmFrame(NamedTuple):
    """A control period of an episode.

    Attributes:
        stamp: Of the first camera's picture [s, node clock].
        pictures: Number of the message on its topic, by camera.
        state: What the arm told.
        done: What the safety stage sent in the period.
    """

    stamp: float
    pictures: dict[str, int]
    state: ArmState
    done: DoneAction


def make_frames(
    arm: RecordedArm, notice: EpisodeNotice, config: ManipulationConfig
) -> list[ArmFrame]:
    """Return the frames of an episode, from the policy's first answer to its last one.

    Args:
        arm: The recording.
        notice: Of the episode, which has steps.
        config: Of the task, with the control period.

    Raises:
        DatasetError: When something is missing, was not taken at the rate, has stamps that do not
            rise, or does not fit together.
    """
    first, last = _find_span(arm.answers, notice)
    leading = arm.pictures[CAMERAS[0]]
    span = _select_rising(leading, first, last, CAMERA_TOLERANCE)
    _require_clock(leading, span)
    _match(leading, span, np.array((first, last)), CAMERA_TOLERANCE)
    stamps = leading.stamps[span]
    require_rate(leading.topic, stamps, 1.0 / config.period)
    margin = 0.5 * config.period
    numbers = {
        camera: _match(track, _select_rising(track, first, last, margin), stamps, CAMERA_TOLERANCE)
        for camera, track in arm.pictures.items()
    }
    span = _select_rising(arm.states, first, last, margin)
    states = _match(arm.states, span, stamps, STATE_TOLERANCE)
    actions = _list_actions(arm.sent, stamps, config)
    frames = []
    for index, stamp in enumerate(stamps):
        state = arm.states.values[states[index]]
        if state is None:
            got, fix = f"other joints at {stamp:.3f} s", "check the arm's driver"
            raise DatasetError(arm.states.topic, expected="the arm's joints", got=got, fix=fix)
        pictures = {camera: int(numbers[camera][index]) for camera in CAMERAS}
        frames.append(ArmFrame(float(stamp), pictures, state, actions[index]))
    return frames


def count_unfinished(arm: RecordedArm) -> int:
    """Return how many answers of the policy belong to no episode whose end is recorded."""
    known = {number for one in arm.notices for number in _find_answers(arm.answers, one)}
    return len(arm.answers.stamps) - len(known)


def _find_answers(answers: Track, notice: EpisodeNotice) -> NDArray[np.intp]:
    """Return the numbers of an episode's answers, in the order of their stamps."""
    order = np.argsort(answers.stamps, kind="stable")
    end = int(np.searchsorted(answers.stamps[order], notice.stamp + _ROUNDING))
    return order[max(0, end - notice.steps) : end]


def _find_span(answers: Track, notice: EpisodeNotice) -> tuple[float, float]:
    """Return the stamps of an episode's first and last answers [s]."""
    stamps = answers.stamps[_find_answers(answers, notice)]
    if len(stamps) < notice.steps or abs(stamps[-1] - notice.stamp) > _ROUNDING:
        last = f"the last at {stamps[-1]:.3f} s" if len(stamps) else "none at all"
        raise DatasetError(
            answers.topic,
            expected=f"{notice.steps} answers of the policy until {notice.stamp:.3f} s",
            got=f"{len(stamps)}, {last}",
            fix="leave this episode out, and start the recorder before the episode",
        )
    return float(stamps[0]), float(stamps[-1])


def _select(track: Track, first: float, last: float, tolerance: float) -> NDArray[np.intp]:
    """Return the numbers of the messages from the first between two stamps to the last one."""
    margin = tolerance + _ROUNDING
    within = np.flatnonzero((track.stamps >= first - margin) & (track.stamps <= last + margin))
    if not len(within):
        raise DatasetError(
            track.topic,
            expected=f"messages from {first:.3f} to {last:.3f} s",
            got="none",
            fix="leave this episode out, and look at what published them",
        )
    return np.arange(within[0], within[-1] + 1)


def _select_rising(track: Track, first: float, last: float, tolerance: float) -> NDArray[np.intp]:
    """Return the numbers of messages between two stamps, whose stamps must rise."""
    numbers = _select(track, first, last, tolerance)
    back = np.flatnonzero(~(np.diff(track.stamps[numbers]) > 0.0))
    if len(back):
        before, after = track.stamps[numbers[back[0] : back[0] + 2]]
        raise DatasetError(
            f"{track.topic}: stamps",
            expected="stamps that rise",
            got=f"{after:.3f} s after {before:.3f} s",
            fix="leave this episode out, and look at the clock of what published them",
        )
    return numbers


def _match(
    track: Track, numbers: NDArray[np.intp], stamps: NDArray[np.float64], tolerance: float
) -> NDArray[np.intp]:
    """Return the number of the message nearest to each stamp."""
    known = track.stamps[numbers]
    after = np.searchsorted(known, stamps).clip(max=len(known) - 1)
    before = (after - 1).clip(min=0)
    errors = np.abs(known[[before, after]] - stamps)
    nearest = np.where(errors[0] < errors[1], before, after)
    errors = errors.min(axis=0)
    worst = int(np.argmax(errors))
    if errors[worst] > tolerance + _ROUNDING:
        raise DatasetError(
            f"{track.topic}: in step",
            expected=f"a message within {1e3 * tolerance:.0f} ms of each picture",
            got=f"the nearest {1e3 * errors[worst]:.0f} ms from the one of {stamps[worst]:.3f} s",
            fix="leave this episode out; trigger the cameras at once, and stamp by one clock",
        )
    return numbers[nearest]


def _require_clock(track: Track, numbers: NDArray[np.intp]) -> None:
    """Refuse stamps of another clock than the recorder's."""
    delay = float(np.median(track.received[numbers] - track.stamps[numbers]))
    if abs(delay) > CLOCK_TOLERANCE:
        raise DatasetError(
            f"{track.topic}: stamps",
            expected=f"receipt within {CLOCK_TOLERANCE:g} s of the stamps",
            got=f"{delay:.3f} s after them",
            fix="let the camera's driver stamp with the node's clock",
        )


def _list_actions(
    sent: Track, stamps: NDArray[np.float64], config: ManipulationConfig
) -> list[DoneAction]:
    """Return what was sent in the period that begins at each stamp."""
    edges = np.append(stamps, stamps[-1] + config.period)
    within = _select(sent, edges[0], edges[-1], 0.0)
    # With their neighbours: the one before still counts when the first period begins.
    numbers = np.arange(max(0, within[0] - 1), min(len(sent.stamps), within[-1] + 2))
    _require_all(sent, numbers)
    done = DoneActions(config, closed=False)
    for number in numbers:
        one: SentTwist = sent.values[number]
        done.add(float(sent.stamps[number]), one.commander, one.twist)
    return [done.take(float(start), float(stop)) for start, stop in pairwise(edges)]


def _require_all(sent: Track, numbers: NDArray[np.intp]) -> None:
    """Refuse setpoints of which some are not recorded."""
    sequences = np.array([sent.values[number].sequence for number in numbers])
    lost = np.flatnonzero(np.diff(sequences) != 1)
    if len(lost):
        before, after = sequences[lost[0] : lost[0] + 2]
        raise DatasetError(
            f"{sent.topic}: sequence",
            expected=f"{before + 1} after {before}",
            got=f"{after}, at {sent.stamps[numbers[lost[0] + 1]]:.3f} s",
            fix="leave this episode out, and look at what held the recorder up",
        )
