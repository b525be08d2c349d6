"""Checks of one episode: each yields what is wrong, with expected, got and the fix."""

from collections.abc import Iterator, Mapping

import numpy as np

from untether_hardware.datasets.episode_record import EpisodeRecord
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import Commander
from untether_hardware.datasets.rate import require_rate
from untether_hardware.datasets.reader import Episode
from untether_hardware.datasets.schema import DatasetSchema
from untether_hardware.datasets.statistics import (
    Statistics,
    compute_picture_statistics,
    compute_statistics,
)

_TIME_TOLERANCE = 1e-4  # [s], LeRobot's own
_LOSSY_TOLERANCE = 0.03  # of a colour's mean: 7 of 255 levels
_EXACT_TOLERANCE = 1e-6  # relative to a feature's largest value


def check_indices(
    episode: Episode, record: EpisodeRecord, schema: DatasetSchema, task: int
) -> Iterator[DatasetError]:
    """Check the numbers and nominal times of an episode's frames."""
    frames = np.arange(record.length)
    wanted = {
        "frame_index": frames,
        "index": record.first_frame + frames,
        "episode_index": np.full(len(frames), record.index),
        "task_index": np.full(len(frames), task),
    }
    for name, values in wanted.items():
        wrong = np.flatnonzero(episode.columns[name][:, 0] != values)
        if len(wrong):
            frame = int(wrong[0])
            got = f"{episode.columns[name][frame, 0]} at frame {frame}"
            yield _problem(record, name, f"{values[frame]}", got)
    timestamps = episode.columns["timestamp"][:, 0].astype(np.float64)
    wrong = np.flatnonzero(~(np.abs(timestamps - frames / schema.fps) <= _TIME_TOLERANCE))
    if len(wrong):
        frame = int(wrong[0])
        expected = f"{frame / schema.fps:.4f} s at frame {frame}, from {schema.fps} frames a second"
        yield _problem(record, "timestamp", expected, f"{timestamps[frame]:.4f} s")


def check_rate(
    episode: Episode, record: EpisodeRecord, schema: DatasetSchema
) -> Iterator[DatasetError]:
    """Check that the frames were really observed at the dataset's rate."""
    try:
        require_rate(f"episode {record.index}", episode.columns["stamp"][:, 0], schema.fps)
    except DatasetError as error:
        yield error


def check_values(
    episode: Episode, record: EpisodeRecord, schema: DatasetSchema
) -> Iterator[DatasetError]:
    """Check that all values are finite, and those about the step sensible."""
    for feature in schema.columns:
        values = episode.columns[feature.name]
        wrong = np.argwhere(~np.isfinite(values))
        if len(wrong):
            frame, element = map(int, wrong[0])
            label = feature.elements[element] if feature.elements else str(element)
            got = f"{values[frame, element]} in {label} at frame {frame}"
            yield _problem(record, feature.name, "finite values", got)
    commanders = episode.columns["commander"][:, 0]
    wrong = np.flatnonzero(~np.isin(commanders, list(Commander)))
    if len(wrong):
        expected = ", ".join(f"{one.value} {one.name.lower()}" for one in Commander)
        got = f"{commanders[wrong[0]]} at frame {wrong[0]}"
        yield _problem(record, "commander", expected, got)
    done = episode.columns["next.done"][:, 0]
    early = np.flatnonzero(done[:-1])
    if len(early):
        got = f"one at frame {early[0]} of {record.length}"
        yield _problem(record, "next.done", "an end at the last frame only", got)
    wrong = np.flatnonzero(episode.columns["next.truncated"][:, 0] & ~done)
    if len(wrong):
        got = f"truncated without it at frame {wrong[0]}"
        yield _problem(record, "next.done", "done where truncated", got)


def check_statistics(
    episode: Episode, record: EpisodeRecord, schema: DatasetSchema
) -> Iterator[DatasetError]:
    """Check that the statistics are those of the frames; of videos, nearly."""
    for feature in schema.columns:
        values = episode.columns[feature.name]
        if np.isfinite(values).all():
            true = compute_statistics(values)
            yield from compare_statistics(
                f"episode {record.index}", feature.name, true, record.statistics
            )
    for camera in schema.cameras:
        if camera.name not in episode.pictures:
            continue
        true = compute_picture_statistics(episode.pictures[camera.name])
        if camera.storage == "video":
            true = {name: true[name] for name in ("mean", "count")}
        tolerance = _LOSSY_TOLERANCE if camera.storage == "video" else _EXACT_TOLERANCE
        yield from compare_statistics(
            f"episode {record.index}", camera.name, true, record.statistics, tolerance
        )


def compare_statistics(
    where: str,
    name: str,
    true: Statistics,
    stored: Mapping[str, Statistics],
    tolerance: float = _EXACT_TOLERANCE,
) -> Iterator[DatasetError]:
    """Check the stored statistics of a feature.

    Args:
        where: Whose they are, for messages.
        name: The feature.
        true: What they should be.
        stored: What they are, of all features.
        tolerance: Relative to the largest value, or absolute below one.
    """
    fix = "restore the file from a copy, or write the dataset anew"
    for fact, wanted in true.items():
        what = f"{where}: {fact} of {name}"
        found = stored.get(name, {}).get(fact)
        if found is None or found.shape != wanted.shape:
            got = "none" if found is None else f"shape {found.shape}"
            yield DatasetError(what, expected=f"shape {wanted.shape}", got=got, fix=fix)
            return
        allowed = tolerance * max(1.0, float(np.abs(wanted).max()))
        error = np.abs(found - wanted).ravel()
        worst = int(np.argmax(np.where(np.isfinite(error), error, np.inf)))
        if not error[worst] <= allowed:
            expected, got = f"{wanted.ravel()[worst]:.6g}", f"{found.ravel()[worst]:.6g}"
            yield DatasetError(what, expected=expected, got=got, fix=fix)
            return


def _problem(record: EpisodeRecord, name: str, expected: str, got: str) -> DatasetError:
    return DatasetError(
        f"episode {record.index}: {name}",
        expected=expected,
        got=got,
        fix="restore its files from a copy, or leave the episode out",
    )
