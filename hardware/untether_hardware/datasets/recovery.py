"""Makes a dataset consistent again whose writer was killed or met a full disk."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from untether_hardware.datasets.durable_file import write_durably
from untether_hardware.datasets.episode_record import EpisodeRecord, read_records
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.information import (
    Information,
    read_information,
    write_information,
    write_statistics,
)
from untether_hardware.datasets.layout import (
    STATISTICS,
    data_path,
    list_files,
    replacement_path,
    video_path,
)
from untether_hardware.datasets.table import keep_rows
from untether_hardware.datasets.tasks import read_tasks
from untether_hardware.datasets.video import count_frames, cut_video

_PARTS = ("meta", "data", "videos")


class Contents(NamedTuple):
    """What a dataset has when nobody is writing.

    Attributes:
        information: What ``meta/info.json`` says.
        records: All episodes.
        tasks: Tasks by number.
    """

    information: Information
    records: list[EpisodeRecord]
    tasks: list[str]


def restore_dataset(folder: Path) -> Contents:
    """Remove what belongs to no whole episode, and count anew; nobody may be writing.

    An episode is whole from the moment that ``meta/episodes`` has it, which is written after its
    pictures and frames.

    Raises:
        DatasetError: When there is no dataset, or files of whole episodes are missing or damaged.
        OSError: When something cannot be written.
    """
    old = read_information(folder)
    _remove_drafts(folder)
    records, tasks = read_records(folder), read_tasks(folder)
    _cut_data(folder, records)
    for camera in old.schema.videos:
        _cut_videos(folder, camera.name, records, old.schema.fps)
    frames = sum(record.length for record in records)
    new = replace(old, episode_count=len(records), frame_count=frames, task_count=len(tasks))
    if new != old or (records and not (folder / STATISTICS).exists()):
        write_statistics(folder, records)
        write_information(folder, new)
    return Contents(new, records, tasks)


def _cut_data(folder: Path, records: list[EpisodeRecord]) -> None:
    """Cut Parquet files after the last whole episode."""
    rows: Counter[Path] = Counter()
    for record in records:
        rows[data_path(folder, record.data)] += record.length
    _remove_unknown(folder / "data", ".parquet", set(rows))
    for path, count in rows.items():
        _require(path)
        keep_rows(path, count)


def _cut_videos(folder: Path, camera: str, records: list[EpisodeRecord], fps: int) -> None:
    """Cut a camera's files after the last whole episode."""
    frames: Counter[Path] = Counter()
    for record in records:
        frames[video_path(folder, camera, record.videos[camera].number)] += record.length
    _remove_unknown(folder / "videos" / camera, ".mp4", set(frames))
    for path, count in frames.items():
        _require(path)
        if count_frames(path) > count:
            write_durably(path, cut_video(path, [range(count)], fps))


def _remove_unknown(folder: Path, suffix: str, known: set[Path]) -> None:
    for path in list_files(folder, suffix):
        if path not in known:
            path.unlink()


def _remove_drafts(folder: Path) -> None:
    """Delete files that were not given their names any more, and what a deletion left."""
    shutil.rmtree(replacement_path(folder), ignore_errors=True)
    for part in _PARTS:
        for path in (folder / part).rglob(".*.*"):
            path.unlink()


def _require(path: Path) -> None:
    if not path.exists():
        fix = "restore it from a copy"
        raise DatasetError(str(path), expected="a file of whole episodes", got="none", fix=fix)
