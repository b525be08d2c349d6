"""One file of a journal: entries, one after the other."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from untether_hardware.actor_learner.entry import LARGEST_ENTRY, Entry
from untether_hardware.actor_learner.errors import JournalError, RecordError
from untether_hardware.actor_learner.frame import HEADER_SIZE, MAGIC, FrameKind, read_size

_SUFFIX = ".journal"


def segment_path(folder: Path, start: int) -> Path:
    """Return the file whose first byte is that many bytes from the journal's begin."""
    return folder / f"{start:016d}{_SUFFIX}"


def list_segments(folder: Path) -> list[int]:
    """Return where each file of a journal starts, in order [byte].

    Raises:
        JournalError: When another file has their suffix.
    """
    starts = []
    for path in folder.glob("*" + _SUFFIX):
        if not path.stem.isdecimal() or segment_path(folder, int(path.stem)) != path:
            expected, fix = f"files like {segment_path(folder, 0).name}", "move it away"
            raise JournalError(str(folder), expected=expected, got=path.name, fix=fix)
        starts.append(int(path.stem))
    return sorted(starts)


def read_segment(path: Path, offset: int, *, last: bool) -> Iterator[tuple[Entry, int]]:
    """Yield entries, each with the offset of its end [byte].

    A torn tail, which a killed writer leaves, ends the reading of the last segment. It is told
    from damage by what follows: after a torn entry there is no whole one.

    Args:
        path: Of the segment.
        offset: Where to begin [byte].
        last: Whether no segment follows.

    Raises:
        JournalError: When an entry is damaged.
        OSError: When the file cannot be read.
    """
    with path.open("rb") as stream:
        stream.seek(offset)
        while True:
            try:
                entry = _read_entry(stream)
            except RecordError as error:
                if last and _find_entry(path, offset) in (None, offset):
                    return  # torn, or whole by now, as its writer is at it
                raise _damaged(path, offset, error.got) from error
            if entry is None:
                return
            offset += len(entry.frame)
            yield entry, offset


def _read_entry(stream: BinaryIO) -> Entry | None:
    """Return the next entry, or None at the end of the file."""
    header = stream.read(HEADER_SIZE)
    if not header:
        return None
    size = read_size(header, FrameKind.ENTRY, LARGEST_ENTRY)
    return Entry.decode(header + stream.read(size - HEADER_SIZE))


def _find_entry(path: Path, offset: int) -> int | None:
    """Return where the first whole entry from an offset on begins, or None without one."""
    content = path.read_bytes()
    found = content.find(MAGIC, offset)
    while found >= 0:
        try:
            header = content[found : found + HEADER_SIZE]
            size = read_size(header, FrameKind.ENTRY, LARGEST_ENTRY)
            Entry.decode(content[found : found + size])
        except RecordError:
            found = content.find(MAGIC, found + 1)
        else:
            return found
    return None


def _damaged(path: Path, offset: int, got: str) -> JournalError:
    return JournalError(
        str(path),
        expected=f"a whole entry at byte {offset}",
        got=got,
        fix="restore the file from a copy; what is before it can be read",
    )
