"""Deletes episodes: the dataset is written anew beside itself, and the two are exchanged."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from untether_hardware.datasets.durable_file import sync_folder, write_durably
from untether_hardware.datasets.episode_record import EpisodeRecord, VideoSpan
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.folder_lock import lock_folder
from untether_hardware.datasets.information import write_information, write_statistics
from untether_hardware.datasets.layout import (
    INFO,
    STATISTICS,
    TASKS,
    FileNumber,
    data_path,
    episodes_path,
    replacement_path,
    video_path,
)
from untether_hardware.datasets.numbering import number_frames
from untether_hardware.datasets.recovery import Contents, restore_dataset
from untether_hardware.datasets.statistics import compute_statistics
from untether_hardware.datasets.table import read_table, replace_columns, write_groups
from untether_hardware.datasets.tasks import write_tasks
from untether_hardware.datasets.video import cut_video
from untether_policies.exchange import exchange_paths

_REWRITTEN = (INFO, STATISTICS, TASKS, "meta/episodes", "data", "videos")


def delete_episodes(folder: Path, episodes: Collection[int]) -> int:
    """Delete episodes of a dataset; those after them get smaller numbers.

    A process that is killed meanwhile leaves the dataset as it was, or without the episodes. Files
    in which nothing changes are linked, not copied; videos are cut without loss. Tasks that no
    episode has any more go, too, and a dataset without episodes is as one that was just created.
    Readers must be opened again.

    Args:
        folder: The dataset.
        episodes: Their numbers.

    Returns:
        The number of episodes that are left.

    Raises:
        DatasetError: When there is no such episode or no dataset, it is damaged, or somebody
            writes it.
        OSError: When it cannot be written; the dataset is then as before.
    """
    folder = folder.resolve()
    lock = lock_folder(folder)
    try:
        old = restore_dataset(folder)
        _require_episodes(folder, old, episodes)
        if not episodes:
            return len(old.records)
        _require_elsewhere(folder)
        replacement = replacement_path(folder)
        try:
            left = _Rewriting(folder, replacement, old, frozenset(episodes)).write()
            _exchange(folder, replacement)
        finally:
            shutil.rmtree(replacement, ignore_errors=True)  # the old dataset, after the exchange
        return left
    finally:
        os.close(lock)


class _File(NamedTuple):
    """A file of the dataset in which episodes are left.

    Attributes:
        old: Its number before.
        new: Its number after.
        members: New numbers of its episodes.
        whole: Whether none of its episodes is deleted.
    """

    old: FileNumber
    new: FileNumber
    members: Sequence[int]
    whole: bool


class _Rewriting:
    """A dataset that is written anew without some episodes, file by file.

    Args:
        source: The dataset.
        target: Where it is written.
        contents: What the dataset has.
        deleted: Numbers of the episodes that are left out.
    """

    def __init__(
        self, source: Path, target: Path, contents: Contents, deleted: Collection[int]
    ) -> None:
        self._source, self._target = source, target
        self._information, self._before, tasks = contents
        self._kept = [record for record in self._before if record.index not in deleted]
        used = {record.task for record in self._kept}
        self._tasks = [task for task in tasks if task in used]
        self._same_tasks = self._tasks == tasks
        self._records = self._renumber()

    def write(self) -> int:
        """Write it, wait until the disk has it, and return the number of its episodes."""
        self._target.mkdir()
        shutil.copymode(self._source, self._target)
        self._link_others()
        self._write_data()
        for camera in self._information.schema.videos:
            self._write_videos(camera.name)
        self._write_records()
        if self._records:
            write_tasks(self._target, self._tasks)
            write_statistics(self._target, self._records)
        information = replace(
            self._information,
            episode_count=len(self._records),
            frame_count=sum(record.length for record in self._records),
            task_count=len(self._tasks),
        )
        write_information(self._target, information)
        for folder, _, _ in os.walk(self._target):
            sync_folder(Path(folder))
        return len(self._records)

    def _renumber(self) -> list[EpisodeRecord]:
        """Return the kept episodes with contiguous numbers, and the statistics of these."""
        renumbered = []
        first = 0
        for index, record in enumerate(self._kept):
            record = replace(record, index=index, first_frame=first)
            numbers = {
                name: compute_statistics(values) for name, values in self._number(record).items()
            }
            renumbered.append(replace(record, statistics={**record.statistics, **numbers}))
            first += record.length
        return renumbered

    def _number(self, record: EpisodeRecord) -> dict[str, np.ndarray]:
        """Return the columns with the numbers of an episode's frames."""
        return number_frames(
            record.length,
            episode=record.index,
            first_frame=record.first_frame,
            task=self._tasks.index(record.task),
            fps=self._information.schema.fps,
        )

    def _write_data(self) -> None:
        """Write the files with frames; those in which no number changes are linked."""
        for file in self._iterate_files(lambda record: record.data):
            source, target = data_path(self._source, file.old), data_path(self._target, file.new)
            for index in file.members:
                self._records[index] = replace(self._records[index], data=file.new)
            last = file.members[-1]
            if file.whole and self._same_tasks and self._kept[last].index == last:
                _link(source, target)
            else:
                write_groups(target, (self._read_frames(source, index) for index in file.members))

    def _read_frames(self, source: Path, index: int) -> pa.Table:
        """Return the frames of an episode with its new numbers."""
        number, record = self._kept[index].index, self._records[index]
        table = read_table(source, number)
        if table.num_rows != record.length:
            expected, got = f"{record.length} frames of episode {number}", str(table.num_rows)
            fix = "restore it from a copy"
            raise DatasetError(str(source), expected=expected, got=got, fix=fix)
        return replace_columns(table, self._number(record))

    def _write_videos(self, camera: str) -> None:
        """Write a camera's files; those of which no episode is deleted are linked."""
        fps = self._information.schema.fps
        for file in self._iterate_files(lambda record: record.videos[camera].number):
            source = video_path(self._source, camera, file.old)
            target = video_path(self._target, camera, file.new)
            spans = []
            end = 0
            for index in file.members:
                record = self._records[index]
                first = round(record.videos[camera].start * fps)
                spans.append(range(first, first + record.length))
                span = VideoSpan(file.new, end / fps, (end + record.length) / fps)
                self._records[index] = replace(record, videos={**record.videos, camera: span})
                end += record.length
            if file.whole:
                _link(source, target)
            else:
                write_durably(target, cut_video(source, spans, fps))

    def _write_records(self) -> None:
        """Write the files about episodes."""
        for file in self._iterate_files(lambda record: record.place):
            rows = [replace(self._records[one], place=file.new).to_table() for one in file.members]
            table = pa.concat_tables(rows, promote_options="permissive")
            write_groups(episodes_path(self._target, file.new), [table])

    def _iterate_files(self, find: Callable[[EpisodeRecord], FileNumber]) -> Iterator[_File]:
        """Yield the files of one kind, given in which one an episode is."""
        before = Counter(find(record) for record in self._before)
        new = FileNumber()
        for old, group in groupby(range(len(self._kept)), lambda index: find(self._kept[index])):
            members = list(group)
            yield _File(old, new, members, len(members) == before[old])
            new = new.next(self._information.limits.files_per_chunk)

    def _link_others(self) -> None:
        """Take over what the format knows nothing of, such as a README."""
        for folder, folders, names in os.walk(self._source):
            for path in (Path(folder, name) for name in (*folders, *names)):
                inner = path.relative_to(self._source)
                foreign = not any(inner.is_relative_to(part) for part in _REWRITTEN)
                if foreign and (path.is_symlink() or not path.is_dir()):
                    _link(path, self._target / inner)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target, follow_symlinks=False)


def _exchange(folder: Path, replacement: Path) -> None:
    if not exchange_paths(replacement, folder):
        raise DatasetError(
            str(folder),
            expected="a file system that exchanges two folders in one step",
            got="one that cannot",
            fix="copy the dataset to a local disk, and delete there",
        )
    sync_folder(folder.parent)


def _require_episodes(folder: Path, contents: Contents, episodes: Collection[int]) -> None:
    count = len(contents.records)
    unknown = sorted(number for number in episodes if not 0 <= number < count)
    if unknown:
        raise DatasetError(
            str(folder),
            expected=f"episodes from 0 to {count - 1}" if count else "a dataset with episodes",
            got=", ".join(map(str, unknown)),
            fix="list them with untether dataset show",
        )
    for record in contents.records:
        if record.task not in contents.tasks:
            what, got = f"episode {record.index}: task", repr(record.task)
            fix = "restore meta/tasks.parquet from a copy"
            raise DatasetError(what, expected="a known task", got=got, fix=fix)


def _require_elsewhere(folder: Path) -> None:
    """Refuse to put another folder in the place of the one that the process works in."""
    if Path.cwd().is_relative_to(folder):
        fix = "run the command from another folder"
        got = "the working directory"
        raise DatasetError(str(folder), expected="a folder to be replaced", got=got, fix=fix)
