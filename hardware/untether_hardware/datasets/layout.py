"""Where the files of a LeRobotDataset v3 lie, and how large they may grow."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

INFO = "meta/info.json"
STATISTICS = "meta/stats.json"
TASKS = "meta/tasks.parquet"
EPISODES_PATTERN = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
DATA_PATTERN = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_PATTERN = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"


@dataclass(frozen=True)
class FileLimits:
    """Sizes at which a new file is begun.

    A file is written anew with each episode that it takes, so that an episode is in it as a whole
    or not at all; large files make that slow.

    Attributes:
        data_megabytes: Of a Parquet file [MiB].
        video_megabytes: Of an MP4 file [MiB].
        files_per_chunk: In one folder.
    """

    data_megabytes: int = 32
    video_megabytes: int = 64
    files_per_chunk: int = 1000


class FileNumber(NamedTuple):
    """Place of a file in a sequence of files."""

    chunk: int = 0
    file: int = 0

    def next(self, files_per_chunk: int) -> "FileNumber":
        """Return the place of the file after this one."""
        if self.file + 1 >= files_per_chunk:
            return FileNumber(self.chunk + 1, 0)
        return FileNumber(self.chunk, self.file + 1)


def episodes_path(folder: Path, number: FileNumber) -> Path:
    """Return the path of a file about episodes."""
    return folder / EPISODES_PATTERN.format(chunk_index=number.chunk, file_index=number.file)


def data_path(folder: Path, number: FileNumber) -> Path:
    """Return the path of a file with frames."""
    return folder / DATA_PATTERN.format(chunk_index=number.chunk, file_index=number.file)


def video_path(folder: Path, camera: str, number: FileNumber) -> Path:
    """Return the path of a camera's file."""
    return folder / VIDEO_PATTERN.format(
        video_key=camera, chunk_index=number.chunk, file_index=number.file
    )


def replacement_path(folder: Path) -> Path:
    """Return where a dataset is written anew, beside it, before it takes the folder's place."""
    folder = folder.resolve()
    return folder.with_name(f".{folder.name}.replacement")


def list_files(folder: Path, suffix: str) -> list[Path]:
    """Return the numbered files below a folder, in order; drafts of killed writers are left out."""
    return sorted(folder.glob(f"chunk-*/file-*{suffix}"))
