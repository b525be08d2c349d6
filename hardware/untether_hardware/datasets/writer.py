"""Writes a dataset episode by episode; an episode that was finished stays, whatever comes after."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from untether_hardware.datasets.durable_file import write_durably
from untether_hardware.datasets.episode_record import EpisodeRecord, VideoSpan
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import STEP_FEATURES, Camera, Step
from untether_hardware.datasets.folder_lock import lock_folder
from untether_hardware.datasets.information import (
    Information,
    write_information,
    write_statistics,
)
from untether_hardware.datasets.layout import (
    FileLimits,
    FileNumber,
    data_path,
    episodes_path,
    video_path,
)
from untether_hardware.datasets.numbering import number_frames
from untether_hardware.datasets.picture import encode_picture
from untether_hardware.datasets.recovery import restore_dataset
from untether_hardware.datasets.schema import DatasetSchema
from untether_hardware.datasets.statistics import (
    compute_picture_statistics,
    compute_statistics,
)
from untether_hardware.datasets.table import append_rows, build_table
from untether_hardware.datasets.tasks import write_tasks
from untether_hardware.datasets.video import encode_video, join_videos

_MEGABYTE = 1 << 20


class DatasetWriter:
    """Appends episodes to a dataset; the frames of the present one are kept in memory.

    Once `finish_episode` has returned, the disk has the episode. A writer that is killed loses the
    unfinished one at most, and `resume` goes on. One writer at a time holds a dataset.
    """

    def __init__(self, folder: Path) -> None:
        """Go on with a dataset; see `create` and `resume`."""
        self._lock = lock_folder(folder)
        try:
            self._information, self._records, self._tasks = restore_dataset(folder)
        except BaseException:
            os.close(self._lock)
            raise
        self._folder = folder
        self._torn = False
        self.discard_episode()

    @classmethod
    def create(cls, folder: Path, schema: DatasetSchema, limits: FileLimits | None = None) -> Self:
        """Begin a dataset.

        Args:
            folder: A new folder, or an empty one.
            schema: What its frames hold.
            limits: Sizes of files.

        Raises:
            DatasetError: When the folder has something in it.
            OSError: When it cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            got, fix = "one with files in it", "choose another folder, or append to the dataset"
            raise DatasetError(str(folder), expected="an empty folder", got=got, fix=fix)
        write_information(folder, Information(schema, limits or FileLimits()))
        return cls(folder)

    @classmethod
    def resume(cls, folder: Path) -> Self:
        """Go on with a dataset, after removing what a killed writer left of an unfinished episode.

        Raises:
            DatasetError: When there is no dataset, it is damaged, or somebody else writes it.
            OSError: When it cannot be written.
        """
        return cls(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def schema(self) -> DatasetSchema:
        """What frames hold."""
        return self._information.schema

    @property
    def episode_count(self) -> int:
        """Number of finished episodes."""
        return len(self._records)

    @property
    def pending(self) -> int:
        """Number of frames of the unfinished episode."""
        return len(self._steps)

    def add_frame(
        self,
        values: Mapping[str, ArrayLike],
        step: Step,
        pictures: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Add a frame to the unfinished episode.

        Args:
            values: Of each feature of the schema (size,).
            step: Facts about the step.
            pictures: Of each camera (height, width, 3) uint8, RGB.

        Raises:
            DatasetError: When something is missing, too much, not finite or of another shape; the
                episode is then as before.
        """
        pictures = pictures or {}
        schema = self.schema
        _require_names("values", [one.name for one in schema.features], values)
        _require_names("pictures", [one.name for one in schema.cameras], pictures)
        facts = step.columns()
        converted = {one.name: one.convert(values[one.name]) for one in schema.features}
        converted |= {one.name: one.convert(facts[one.name]) for one in STEP_FEATURES}
        shown = {one.name: one.convert(pictures[one.name]) for one in schema.cameras}
        self._steps.append(converted)
        for name, picture in shown.items():
            self._pictures[name].append(picture)

    def discard_episode(self) -> None:
        """Forget the unfinished episode."""
        self._steps: list[dict[str, np.ndarray]] = []
        self._pictures: dict[str, list[np.ndarray]] = {
            camera.name: [] for camera in self.schema.cameras
        }

    def finish_episode(self, task: str) -> int:
        """Put the unfinished episode on the disk, and begin a new one.

        Args:
            task: What was to be done, in words.

        Returns:
            The episode's number.

        Raises:
            DatasetError: When it has no frames.
            OSError: When the disk refuses; the episode stays unfinished, to be finished later.
        """
        if not self._steps:
            fix = "add frames, or discard the episode"
            raise DatasetError("episode", expected="at least one frame", got="none", fix=fix)
        if self._torn:
            restore_dataset(self._folder)
        self._torn = True
        index = self._commit(task)
        self._torn = False
        self.discard_episode()
        return index

    def close(self) -> None:
        """Let others write the dataset; the unfinished episode is forgotten."""
        self.discard_episode()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _commit(self, task: str) -> int:
        """Write pictures and frames first, then the record by which the episode counts."""
        tasks = self._tasks if task in self._tasks else [*self._tasks, task]
        columns = self._stack(tasks.index(task))
        statistics = {name: compute_statistics(values) for name, values in columns.items()}
        for name, pictures in self._pictures.items():
            statistics[name] = compute_picture_statistics(np.stack(pictures))
        videos = {camera.name: self._append_video(camera) for camera in self.schema.videos}
        encoded = {
            camera.name: [encode_picture(one) for one in self._pictures[camera.name]]
            for camera in self.schema.images
        }
        data = self._append_data(build_table(columns, encoded))
        if tasks is not self._tasks:
            write_tasks(self._folder, tasks)
        first = self._information.frame_count
        record = EpisodeRecord(
            index=len(self._records),
            task=task,
            length=len(self._steps),
            first_frame=first,
            place=FileNumber(),
            data=data,
            videos=videos,
            statistics=statistics,
        )
        record = self._append_record(record)
        self._records.append(record)
        self._tasks = tasks
        self._information = replace(
            self._information,
            episode_count=len(self._records),
            frame_count=first + record.length,
            task_count=len(tasks),
        )
        write_statistics(self._folder, self._records)
        write_information(self._folder, self._information)
        return record.index

    def _stack(self, task: int) -> dict[str, np.ndarray]:
        """Return all vectors of the episode (frames, size), with what the format adds."""
        numbers = number_frames(
            len(self._steps),
            episode=len(self._records),
            first_frame=self._information.frame_count,
            task=task,
            fps=self.schema.fps,
        )
        columns = {name: np.stack([one[name] for one in self._steps]) for name in self._steps[0]}
        return {**columns, **numbers}

    def _append_data(self, table: pa.Table) -> FileNumber:
        number = self._records[-1].data if self._records else FileNumber()
        path = data_path(self._folder, number)
        if self._is_full(path, table.nbytes, self._information.limits.data_megabytes):
            number = number.next(self._information.limits.files_per_chunk)
        append_rows(data_path(self._folder, number), table)
        return number

    def _append_record(self, record: EpisodeRecord) -> EpisodeRecord:
        limits = self._information.limits
        number = self._records[-1].place if self._records else FileNumber()
        path = episodes_path(self._folder, number)
        if self._is_full(path, record.to_table().nbytes, limits.data_megabytes):
            number = number.next(limits.files_per_chunk)
        record = replace(record, place=number)
        append_rows(episodes_path(self._folder, number), record.to_table(), merge=True)
        return record

    def _append_video(self, camera: Camera) -> VideoSpan:
        limits, fps = self._information.limits, self.schema.fps
        content = encode_video(self._pictures[camera.name], fps)
        duration = len(self._steps) / fps
        number, start = FileNumber(), 0.0
        if self._records:
            last = self._records[-1].videos[camera.name]
            path = video_path(self._folder, camera.name, last.number)
            joined = None
            if not self._is_full(path, len(content), limits.video_megabytes):
                joined = join_videos([path.read_bytes(), content], fps)
            if joined is None:
                number = last.number.next(limits.files_per_chunk)
            else:
                number, start, content = last.number, last.stop, joined
        write_durably(video_path(self._folder, camera.name, number), content)
        return VideoSpan(number, start, start + duration)

    @staticmethod
    def _is_full(path: Path, added: int, limit: int) -> bool:
        return path.exists() and path.stat().st_size + added > limit * _MEGABYTE


def _require_names(what: str, expected: list[str], got: Mapping[str, object]) -> None:
    if set(expected) != set(got):
        raise DatasetError(
            what,
            expected=", ".join(sorted(expected)) or "none",
            got=", ".join(sorted(got)) or "none",
            fix="give one for each feature of the schema",
        )
