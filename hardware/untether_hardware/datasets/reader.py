"""Reads a dataset's episodes, frames and pictures as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from untether_hardware.datasets.episode_record import EpisodeRecord, read_records
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import Camera
from untether_hardware.datasets.information import read_information, read_statistics
from untether_hardware.datasets.layout import data_path, video_path
from untether_hardware.datasets.picture import decode_picture
from untether_hardware.datasets.statistics import Statistics
from untether_hardware.datasets.table import read_column, read_pictures, read_table
from untether_hardware.datasets.tasks import read_tasks
from untether_hardware.datasets.video import decode_frames


@dataclass(frozen=True)
class Episode:
    """Frames of one episode, all of them or a part.

    Attributes:
        index: Number of the episode.
        task: What was to be done, in words.
        columns: Each vector (frames, size), by name.
        pictures: Of each camera (frames, height, width, 3) uint8, RGB.
    """

    index: int
    task: str
    columns: Mapping[str, np.ndarray]
    pictures: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.columns["index"])


class DatasetReader:
    """Reads what a dataset had when it was opened; a writer may go on meanwhile.

    Attributes:
        folder: The dataset.
        schema: What frames hold.
        records: All episodes.
        tasks: Tasks by number.
    """

    def __init__(self, folder: Path) -> None:
        """Open a dataset.

        Raises:
            DatasetError: When there is none, or it is damaged.
        """
        self.folder = folder
        self.schema = read_information(folder).schema
        self.records: Sequence[EpisodeRecord] = read_records(folder)
        self.tasks = read_tasks(folder)

    @property
    def episode_count(self) -> int:
        """Number of episodes."""
        return len(self.records)

    @property
    def frame_count(self) -> int:
        """Number of frames of all episodes."""
        return self.records[-1].first_frame + self.records[-1].length if self.records else 0

    @cached_property
    def statistics(self) -> dict[str, Statistics]:
        """Statistics of each feature and camera over all episodes.

        Raises:
            DatasetError: When they are missing or damaged.
        """
        return read_statistics(self.folder)

    def read_episode(
        self,
        index: int,
        *,
        start: int = 0,
        stop: int | None = None,
        cameras: Sequence[str] | None = None,
    ) -> Episode:
        """Return frames of an episode.

        Args:
            index: Number of the episode.
            start: First frame in it.
            stop: Frame after the last one; None for all.
            cameras: Names of those whose pictures are wanted; None for all.

        Raises:
            DatasetError: When there is no such episode, frame or camera, or a file is damaged.
        """
        if not 0 <= index < len(self.records):
            raise self._refuse(f"an episode from 0 to {len(self.records) - 1}", f"{index}")
        record = self.records[index]
        stop = record.length if stop is None else stop
        if not 0 <= start < stop <= record.length:
            expected = f"frames within 0 to {record.length} of episode {index}"
            raise self._refuse(expected, f"{start} to {stop}")
        table = self._read_rows(record).slice(start, stop - start)
        columns = {one.name: read_column(table, one.name, one.size) for one in self.schema.columns}
        return Episode(
            index,
            record.task,
            columns,
            {
                camera.name: self._read_pictures(record, camera, table, start)
                for camera in self._select_cameras(cameras)
            },
        )

    def read_frame(self, number: int, *, cameras: Sequence[str] | None = None) -> Episode:
        """Return one frame, as an episode with a single one.

        Args:
            number: Of the frame among those of all episodes.
            cameras: Names of those whose pictures are wanted; None for all.

        Raises:
            DatasetError: When there is no such frame, or a file is damaged.
        """
        if not 0 <= number < self.frame_count:
            raise self._refuse(f"a frame from 0 to {self.frame_count - 1}", f"{number}")
        starts = [record.first_frame for record in self.records]
        episode = int(np.searchsorted(starts, number, side="right")) - 1
        start = number - starts[episode]
        return self.read_episode(episode, start=start, stop=start + 1, cameras=cameras)

    def _read_rows(self, record: EpisodeRecord) -> pa.Table:
        path = data_path(self.folder, record.data)
        table = read_table(path, record.index)
        if table.num_rows != record.length:
            expected = f"{record.length} frames of episode {record.index} in {path.name}"
            raise self._refuse(expected, str(table.num_rows))
        return table

    def _read_pictures(
        self, record: EpisodeRecord, camera: Camera, table: pa.Table, start: int
    ) -> np.ndarray:
        if camera.storage == "image":
            return np.stack([decode_picture(one) for one in read_pictures(table, camera.name)])
        span = record.videos[camera.name]
        first = round(span.start * self.schema.fps) + start
        path = video_path(self.folder, camera.name, span.number)
        return decode_frames(path, first, first + table.num_rows, self.schema.fps)

    def _select_cameras(self, names: Sequence[str] | None) -> list[Camera]:
        known = {camera.name: camera for camera in self.schema.cameras}
        if names is None:
            return list(known.values())
        for name in names:
            if name not in known:
                raise self._refuse(f"a camera among {', '.join(known) or 'none'}", name)
        return [known[name] for name in names]

    def _refuse(self, expected: str, got: str) -> DatasetError:
        fix = "run untether dataset check on the folder"
        return DatasetError(str(self.folder), expected=expected, got=got, fix=fix)
