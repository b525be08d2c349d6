"""What ``meta/episodes`` tells about an episode: its task, its place in the files, statistics."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.layout import FileNumber, list_files
from untether_hardware.datasets.statistics import Statistics
from untether_hardware.datasets.table import read_table


class VideoSpan(NamedTuple):
    """Where an episode is in a camera's files.

    Attributes:
        number: The file.
        start: Begin of the episode in it [s].
        stop: End of the episode in it [s].
    """

    number: FileNumber
    start: float
    stop: float


@dataclass(frozen=True)
class EpisodeRecord:
    """An episode that is whole.

    Attributes:
        index: Its number.
        task: What was to be done, in words.
        length: Number of frames.
        first_frame: Number of its first frame among those of all episodes.
        place: File that this record is in.
        data: File that its frames are in.
        videos: Its place in each camera's files.
        statistics: Of each feature and camera.
    """

    index: int
    task: str
    length: int
    first_frame: int
    place: FileNumber
    data: FileNumber
    videos: Mapping[str, VideoSpan]
    statistics: Mapping[str, Statistics]

    def to_table(self) -> pa.Table:
        """Return it as a row."""
        row: dict[str, object] = {
            "episode_index": self.index,
            "tasks": [self.task],
            "length": self.length,
            "data/chunk_index": self.data.chunk,
            "data/file_index": self.data.file,
            "dataset_from_index": self.first_frame,
            "dataset_to_index": self.first_frame + self.length,
        }
        for camera, span in self.videos.items():
            row[f"videos/{camera}/chunk_index"] = span.number.chunk
            row[f"videos/{camera}/file_index"] = span.number.file
            row[f"videos/{camera}/from_timestamp"] = span.start
            row[f"videos/{camera}/to_timestamp"] = span.stop
        for feature, statistics in self.statistics.items():
            for name, value in statistics.items():
                row[f"stats/{feature}/{name}"] = value.tolist()
        row["meta/episodes/chunk_index"] = self.place.chunk
        row["meta/episodes/file_index"] = self.place.file
        return pa.Table.from_pylist([row])


def read_records(folder: Path) -> list[EpisodeRecord]:
    """Return all episodes of a dataset, in order.

    Raises:
        DatasetError: When a file is damaged, or lacks what every episode has.
    """
    records = []
    for path in list_files(folder / "meta" / "episodes", ".parquet"):
        for row in read_table(path).to_pylist():
            try:
                records.append(_parse(row))
            except (KeyError, TypeError, ValueError, IndexError) as error:
                raise DatasetError(
                    str(path),
                    expected="the columns of a LeRobotDataset v3",
                    got=f"{type(error).__name__}: {error}",
                    fix="restore it from a copy",
                ) from error
    return records


def _parse(row: dict[str, Any]) -> EpisodeRecord:
    statistics: dict[str, Statistics] = {}
    cameras = []
    for column, value in row.items():
        kind, _, rest = column.partition("/")
        name, _, fact = rest.rpartition("/")
        if kind == "stats":
            statistics.setdefault(name, {})[fact] = np.array(value)
        elif kind == "videos" and fact == "chunk_index":
            cameras.append(name)
    return EpisodeRecord(
        index=row["episode_index"],
        task=row["tasks"][0],
        length=row["length"],
        first_frame=row["dataset_from_index"],
        place=_parse_number(row, "meta/episodes"),
        data=_parse_number(row, "data"),
        videos={
            camera: VideoSpan(
                _parse_number(row, f"videos/{camera}"),
                row[f"videos/{camera}/from_timestamp"],
                row[f"videos/{camera}/to_timestamp"],
            )
            for camera in cameras
        },
        statistics=statistics,
    )


def _parse_number(row: dict[str, Any], prefix: str) -> FileNumber:
    return FileNumber(row[f"{prefix}/chunk_index"], row[f"{prefix}/file_index"])
