"""The datasets below a folder: listed, read for a browser, and edited; nothing else is reached.

All of it reads files, and belongs in a thread of its own, not in the server's loop.
"""

import io
import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from untether_hardware.datasets.deletion import delete_episodes
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import ACTION, Commander
from untether_hardware.datasets.information import read_information
from untether_hardware.datasets.layout import INFO
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.datasets.summary import EpisodeSummary, summarize
from untether_policies.errors import BundleError, explain_os_error

_DEPTH = 5  # folders below the library's own in which datasets are looked for
_READERS = 4  # datasets that are kept open
_STRIP = 32  # pictures that are decoded together
_STRIPS = 32  # of them that are remembered
_QUALITY = 90  # of pictures as JPEG


@dataclass(frozen=True)
class DatasetEntry:
    """A dataset in the list.

    Attributes:
        name: Its path below the library's folder, with slashes.
        episodes: Number of episodes.
        frames: Number of frames of all episodes.
        problem: Why it cannot be read; empty when it can.
    """

    name: str
    episodes: int = 0
    frames: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Listing:
    """The episodes of a dataset.

    Attributes:
        version: Changes when an episode is deleted: numbers of another version mean others.
        stamp: Changes when an episode is added, too.
        episodes: All of them, in order.
    """

    version: str
    stamp: str
    episodes: tuple[EpisodeSummary, ...]


class DatasetLibrary:
    """The datasets below a folder; safe to use from several threads.

    Every method that is given the name of a dataset raises a `BundleError` when there is none of
    that name in the folder, when it is damaged, or cannot be read; those that are given a version,
    also when episodes have been deleted since.

    Attributes:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._open_reader = lru_cache(maxsize=_READERS)(_open_reader)
        self._read_strip = lru_cache(maxsize=_STRIPS)(_read_strip)
        self._decoding = threading.Lock()
        self._deleting = threading.Lock()

    def list_datasets(self) -> list[DatasetEntry]:
        """Return the datasets, by name.

        Raises:
            BundleError: When there is no such folder.
        """
        if not self.root.is_dir():
            raise DatasetError(
                str(self.root),
                expected="a folder with datasets",
                got="nothing at that path",
                fix="start the console with --datasets FOLDER",
            )
        return sorted(map(self._describe, self._walk()), key=lambda entry: entry.name)

    def read_stamp(self, name: str) -> str:
        """Return what changes with every change of a dataset's episodes."""
        folder = self._find(name)
        with _explained(folder):
            return _read_stamp(folder)

    def list_episodes(self, name: str) -> Listing:
        """Return the episodes of a dataset; their frames are not read."""
        folder = self._find(name)
        with _explained(folder):
            version, stamp = _read_version(folder), _read_stamp(folder)
            reader = self._open_reader(folder, stamp)
            fps = reader.schema.fps
            return Listing(version, stamp, tuple(summarize(one, fps) for one in reader.records))

    def read_episode(self, name: str, version: str, episode: int) -> dict[str, Any]:
        """Return what a browser shows of an episode's steps, as JSON has it.

        Returns:
            ``fps`` [Hz], ``task``, ``cameras``, ``elements`` of the action; of each frame
            ``action``, ``reward``, ``commander`` in words and whether it is a ``correction``.
        """
        with self._open(name, version) as reader:
            read = reader.read_episode(episode, cameras=())
            action = next(one for one in reader.schema.features if one.name == ACTION)
            return {
                "fps": reader.schema.fps,
                "task": read.task,
                "cameras": [camera.name for camera in reader.schema.cameras],
                "elements": action.elements or [f"{ACTION} {i}" for i in range(action.size)],
                "action": [_to_json(row) for row in read.columns[ACTION].tolist()],
                "reward": _to_json(read.columns["next.reward"][:, 0].tolist()),
                "commander": [_name(one) for one in read.columns["commander"][:, 0].tolist()],
                "correction": read.columns["intervention"][:, 0].tolist(),
            }

    def read_picture(self, name: str, version: str, episode: int, camera: str, frame: int) -> bytes:
        """Return a picture of a camera as JPEG."""
        with self._open(name, version) as reader, self._decoding:
            strip, place = divmod(frame, _STRIP)
            pictures = self._read_strip(reader, episode, camera, strip)
            if place >= len(pictures):
                got, fix = f"frame {frame}", "list the episodes again"
                raise DatasetError(name, expected="a frame of the episode", got=got, fix=fix)
            return pictures[place]

    def delete_episode(self, name: str, version: str, episode: int) -> int:
        """Delete an episode for good, and return how many are left."""
        folder = self._find(name)
        with self._deleting, _explained(folder):
            _require_version(folder, version)
            return delete_episodes(folder, [episode])

    @contextmanager
    def _open(self, name: str, version: str) -> Iterator[DatasetReader]:
        """Open a dataset, and refuse what was read when it has changed meanwhile."""
        folder = self._find(name)
        with _explained(folder):
            _require_version(folder, version)
            reader = self._open_reader(folder, _read_stamp(folder))
            try:
                yield reader
            finally:
                _require_version(folder, version)

    def _find(self, name: str) -> Path:
        """Return the folder of a dataset, which is in the library's own."""
        with suppress(OSError, ValueError):  # elsewhere, or no path at all
            folder = (self.root / name).resolve()
            inner = folder.relative_to(self.root)
            if (folder / INFO).is_file() and not any(one.startswith(".") for one in inner.parts):
                return folder
        raise DatasetError(
            "dataset",
            expected=f"one below {self.root}",
            got=repr(name[:200]),
            fix="choose one of the list",
        )

    def _walk(self) -> Iterator[Path]:
        """Yield the folders of datasets; hidden ones and links are left out."""
        for path, names, _ in os.walk(self.root):
            folder = Path(path)
            if (folder / INFO).is_file():
                yield folder
                names.clear()
            elif len(folder.relative_to(self.root).parts) >= _DEPTH:
                names.clear()
            names[:] = [name for name in names if not name.startswith(".")]

    def _describe(self, folder: Path) -> DatasetEntry:
        name = folder.relative_to(self.root).as_posix()
        try:
            with _explained(folder):
                found = read_information(folder)
        except BundleError as error:
            return DatasetEntry(name, problem=str(error))
        return DatasetEntry(name, found.episode_count, found.frame_count)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn whatever damaged files lead to into a refusal that says which dataset it was."""
    try:
        yield
    except OSError as error:
        raise explain_os_error(error, str(folder)) from error
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise DatasetError(
            str(folder),
            expected="a LeRobotDataset v3 with the columns that Untether writes",
            got=f"{type(error).__name__}: {error}",
            fix="run untether dataset check on the folder",
        ) from error


def _read_version(folder: Path) -> str:
    """Return what tells one writing of the folder from another: a deletion puts a new one there."""
    status = folder.stat()
    return f"{status.st_ino:x}-{status.st_mtime_ns:x}"


def _read_stamp(folder: Path) -> str:
    """Return what changes with every episode: the file that is written last for each."""
    return f"{_read_version(folder)}-{(folder / INFO).stat().st_mtime_ns:x}"


def _require_version(folder: Path, version: str) -> None:
    if _read_version(folder) != version:
        fix = "list the episodes again: their numbers mean others now"
        got = "one that has changed"
        raise DatasetError(folder.name, expected="the dataset as it was listed", got=got, fix=fix)


def _open_reader(folder: Path, stamp: str) -> DatasetReader:
    """Open a dataset; the stamp tells the cache whether it has changed."""
    return DatasetReader(folder)


def _read_strip(reader: DatasetReader, episode: int, camera: str, strip: int) -> list[bytes]:
    """Return a few pictures that follow one another, as JPEG."""
    start = strip * _STRIP
    length = reader.records[episode].length
    stop = min(start + _STRIP, length)
    read = reader.read_episode(episode, start=start, stop=stop, cameras=[camera])
    return [_encode(picture) for picture in read.pictures[camera]]


def _encode(picture: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()


def _to_json(values: list[float]) -> list[float | None]:
    """Return numbers; those that JSON does not have, as of a damaged dataset, as None."""
    return [value if math.isfinite(value) else None for value in values]


def _name(commander: int) -> str:
    known = {one.value: one.name.lower() for one in Commander}
    return known.get(commander, f"unknown ({commander})")
