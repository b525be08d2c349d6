"""``meta/info.json`` and ``meta/stats.json``: what the dataset is, how large, which values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from untether_hardware.datasets.durable_file import write_durably
from untether_hardware.datasets.episode_record import EpisodeRecord
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.layout import (
    DATA_PATTERN,
    INFO,
    STATISTICS,
    VIDEO_PATTERN,
    FileLimits,
)
from untether_hardware.datasets.schema import DatasetSchema, parse_schema
from untether_hardware.datasets.statistics import Statistics, combine_statistics

VERSION = "v3.0"
"""Version of the format."""


@dataclass(frozen=True)
class Information:
    """What ``meta/info.json`` says.

    Attributes:
        schema: What frames hold.
        limits: Sizes of files.
        episode_count: Number of episodes.
        frame_count: Number of frames of all episodes.
        task_count: Number of tasks.
    """

    schema: DatasetSchema
    limits: FileLimits = field(default_factory=FileLimits)
    episode_count: int = 0
    frame_count: int = 0
    task_count: int = 0


def write_information(folder: Path, information: Information) -> None:
    """Write ``meta/info.json``.

    Raises:
        OSError: When it cannot be written.
    """
    schema, limits = information.schema, information.limits
    episodes = information.episode_count
    document = {
        "codebase_version": VERSION,
        "robot_type": schema.robot or None,
        "total_episodes": episodes,
        "total_frames": information.frame_count,
        "total_tasks": information.task_count,
        "chunks_size": limits.files_per_chunk,
        "data_files_size_in_mb": limits.data_megabytes,
        "video_files_size_in_mb": limits.video_megabytes,
        "fps": schema.fps,
        "splits": {"train": f"0:{episodes}"} if episodes else {},
        "data_path": DATA_PATTERN,
        "video_path": VIDEO_PATTERN if schema.videos else None,
        "features": schema.describe(),
    }
    _write_json(folder / INFO, document)


def read_information(folder: Path) -> Information:
    """Return what ``meta/info.json`` says.

    Raises:
        DatasetError: When there is no dataset, or one of another version.
    """
    document = _read_json(folder / INFO)
    if document.get("codebase_version") != VERSION:
        raise DatasetError(
            str(folder / INFO),
            expected=f"codebase_version {VERSION}",
            got=repr(document.get("codebase_version")),
            fix="convert it with LeRobot's convert_dataset_v21_to_v30",
        )
    try:
        limits = FileLimits(
            document["data_files_size_in_mb"],
            document["video_files_size_in_mb"],
            document["chunks_size"],
        )
        counts = [int(document[f"total_{name}"]) for name in ("episodes", "frames", "tasks")]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder / INFO, f"{type(error).__name__}: {error}") from error
    return Information(parse_schema(document), limits, *counts)


def write_statistics(folder: Path, records: Sequence[EpisodeRecord]) -> None:
    """Write ``meta/stats.json`` from those of all episodes.

    Raises:
        OSError: When it cannot be written.
    """
    document = {
        feature: {name: value.tolist() for name, value in statistics.items()}
        for feature, statistics in combine_records(records).items()
    }
    _write_json(folder / STATISTICS, document)


def combine_records(records: Sequence[EpisodeRecord]) -> dict[str, Statistics]:
    """Return the statistics of each feature and camera over episodes."""
    return {
        feature: combine_statistics([record.statistics[feature] for record in records])
        for feature in (records[0].statistics if records else ())
    }


def read_statistics(folder: Path) -> dict[str, Statistics]:
    """Return what ``meta/stats.json`` says.

    Raises:
        DatasetError: When it is missing or damaged.
    """
    document = _read_json(folder / STATISTICS)
    try:
        return {
            feature: {name: np.array(value) for name, value in statistics.items()}
            for feature, statistics in document.items()
        }
    except (AttributeError, ValueError) as error:
        raise _damaged(folder / STATISTICS, str(error)) from error


def _write_json(path: Path, document: Mapping[str, object]) -> None:
    text = json.dumps(document, indent=4, allow_nan=False, ensure_ascii=False)
    write_durably(path, f"{text}\n".encode())


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        got = error.strerror or str(error)
        fix = "give the folder of a dataset, the one with meta, data and videos"
        raise DatasetError(str(path), expected="a file of a dataset", got=got, fix=fix) from error
    except ValueError as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(document, dict):
        raise _damaged(path, type(document).__name__)
    return document


def _damaged(path: Path, got: str) -> DatasetError:
    return DatasetError(
        str(path),
        expected="what a LeRobotDataset v3 has there",
        got=got,
        fix="restore it from a copy",
    )
