"""Records on disk: files that only grow, and survive a kill at any moment."""

import errno
import fcntl
import os
import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Self
from uuid import UUID

from untether_hardware.actor_learner.entry import Entry, Mark
from untether_hardware.actor_learner.errors import JournalError, SequenceError
from untether_hardware.actor_learner.journal_reader import JournalReader
from untether_hardware.actor_learner.segment import list_segments, segment_path
from untether_hardware.datasets.durable_file import sync_folder

SEGMENT_SIZE = 1 << 26
"""Size from which on the next synchronisation begins a new file [byte]."""


class Journal:
    """Appends entries; one process at a time holds a journal, others may read it meanwhile.

    Opening reads all of it, and cuts a torn tail, which a killed writer leaves. What was appended
    survives a kill of the process at once, and a power cut after `sync`. Threads may share it.

    Args:
        folder: Is made when there is none.
        segment_size: From which on `sync` begins a new file [byte]. So whatever a file has a
            successor for is on the disk, and a power cut tears the last file only.

    Attributes:
        folder: Where it is.
        torn: Size of the tail that was cut at opening [byte].

    Raises:
        JournalError: When it is damaged, or somebody else holds it.
        OSError: When it cannot be read or written.
    """

    def __init__(self, folder: Path, segment_size: int = SEGMENT_SIZE) -> None:
        self.folder = folder
        self._segment_size = segment_size
        self._marks: dict[UUID, Mark] = {}
        self._count = 0
        self._failure: OSError | None = None
        self._append_lock, self._sync_lock = threading.Lock(), threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock_folder(folder)
        try:
            self._start, self._size, self.torn = self._recover()
            self._file = _open_segment(folder, self._start)
            sync_folder(folder)
            sync_folder(folder.parent)
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """Return how many entries were there at opening or were appended since."""
        return self._count

    @property
    def marks(self) -> dict[UUID, Mark]:
        """The newest record of each actor."""
        with self._append_lock:
            return dict(self._marks)

    def newest(self, actor: UUID) -> Mark:
        """Return an actor's newest record."""
        with self._append_lock:
            return self._marks.get(actor, Mark())

    def write(self, actor: UUID, payload: Sequence[bytes | memoryview]) -> Mark:
        """Append an actor's next record, given in parts, and return its mark.

        Raises:
            RecordError: When it is too long.
            JournalError: When the disk refuses it, now or before; nothing is appended then.
        """
        with self._append_lock:
            entry = Entry.seal(actor, self._marks.get(actor, Mark()), payload)
            self._append(entry)
            return entry.mark

    def append(self, entry: Entry) -> bool:
        """Append an entry that was sealed elsewhere, unless it is here already.

        Returns:
            Whether it was new.

        Raises:
            SequenceError: When it does not follow its actor's newest record.
            JournalError: When the disk refuses it, now or before; nothing is appended then.
        """
        with self._append_lock:
            newest = self._marks.get(entry.actor, Mark())
            if entry.mark == newest or entry.mark.sequence < newest.sequence:
                return False
            if entry.previous != newest:
                expected, got = f"a record after {newest}", f"one after {entry.previous}"
                fix = "give the actor a new outbox; its old one is not what was sent before"
                raise SequenceError(f"actor {entry.actor}", expected=expected, got=got, fix=fix)
            self._append(entry)
            return True

    def sync(self) -> None:
        """Wait until the disk has everything that was appended before; others may append meanwhile.

        Raises:
            JournalError: When the disk refuses it, now or before.
        """
        with self._sync_lock:
            self._require_working()
            try:
                os.fdatasync(self._file)
                if self._size >= self._segment_size:
                    self._begin_segment()
            except OSError as error:  # what the disk has is unknown from now on
                self._failure = error
                raise _refused(self.folder, error) from error

    def drop(self, position: int) -> None:
        """Delete the files before the one with the last byte before a position [byte].

        Raises:
            OSError: When one cannot be deleted.
        """
        for start, stop in pairwise(list_segments(self.folder)):
            if stop < position:
                segment_path(self.folder, start).unlink()

    def close(self) -> None:
        """Synchronise, and let others hold it; closing it again does nothing.

        Raises:
            JournalError: When the disk refuses it.
        """
        if self._lock < 0:
            return
        try:
            if self._failure is None:
                self.sync()
        finally:
            with self._sync_lock, self._append_lock:
                os.close(self._file)
                os.close(self._lock)
                self._lock = -1
                self._failure = OSError(errno.EBADF, "a closed journal")

    def _append(self, entry: Entry) -> None:
        self._require_working()
        try:
            _write_all(self._file, entry.frame)
        except OSError as error:
            self._undo()
            raise _refused(self.folder, error) from error
        self._size += len(entry.frame)
        self._marks[entry.actor] = entry.mark
        self._count += 1

    def _undo(self) -> None:
        """Cut what was written of an entry."""
        try:
            os.ftruncate(self._file, self._size)
        except OSError as error:
            self._failure = error

    def _begin_segment(self) -> None:
        with self._append_lock:
            os.fdatasync(self._file)  # the little that came meanwhile
            start = self._start + self._size
            new = _open_segment(self.folder, start)
            os.close(self._file)
            self._file, self._start, self._size = new, start, 0
        sync_folder(self.folder)

    def _recover(self) -> tuple[int, int, int]:
        """Return where the last file starts, its size without a torn tail, and the tail's size."""
        starts = list_segments(self.folder)
        if not starts:
            return 0, 0, 0
        reader = JournalReader(self.folder, starts[0])
        for entry in reader:
            self._marks[entry.actor] = entry.mark
            self._count += 1
        last = segment_path(self.folder, starts[-1])
        size = reader.position - starts[-1]
        torn = last.stat().st_size - size
        if torn:
            os.truncate(last, size)
        for start in starts:  # a killed writer may not have waited for the disk
            _sync_file(segment_path(self.folder, start))
        return starts[-1], size, torn

    def _require_working(self) -> None:
        """Refuse to go on after a failure that left the files in an unknown state."""
        if self._failure is not None:
            raise _refused(self.folder, self._failure)


def _open_segment(folder: Path, start: int) -> int:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    return os.open(segment_path(folder, start), flags, 0o644)


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _sync_file(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _lock_folder(folder: Path) -> int:
    """Return a handle that holds a folder until it is closed, or its process ends."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        fix = "end the other process, or choose another folder"
        raise JournalError(
            str(folder), expected="a journal of its own", got="one in use", fix=fix
        ) from error
    return handle


def _refused(folder: Path, error: OSError) -> JournalError:
    fix = "check the disk and the space on it, then open the journal anew"
    got = error.strerror or str(error)
    return JournalError(str(folder), expected="a disk that takes it", got=got, fix=fix)
