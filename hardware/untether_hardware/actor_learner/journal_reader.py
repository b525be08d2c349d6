"""Reads a journal from any position, also while it is being written."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from untether_hardware.actor_learner.entry import Entry, Mark
from untether_hardware.actor_learner.errors import JournalError
from untether_hardware.actor_learner.segment import (
    list_segments,
    read_segment,
    segment_path,
)


class JournalReader:
    """Iterates over the entries of a journal; when iterated again, it goes on with what is new.

    Args:
        folder: Of the journal.
        position: Where to begin, in bytes from the journal's begin.

    Attributes:
        position: After the entry that was yielded last; keep it to go on another day.
    """

    def __init__(self, folder: Path, position: int = 0) -> None:
        self.position = position
        self._folder = folder
        self._marks: dict[UUID, Mark] = {}

    def __iter__(self) -> Iterator[Entry]:
        """Yield entries up to the newest whole one, in the order in which they were written.

        Raises:
            JournalError: When something is damaged, lacks, or is not in its actor's order.
            OSError: When a file cannot be read.
        """
        starts = list_segments(self._folder)
        if not starts and not self.position:
            return
        if not starts or self.position < starts[0]:
            raise self._lacks(self.position)
        for start, stop in zip(starts, [*starts[1:], None], strict=True):
            if stop is not None and stop <= self.position:
                continue
            path = segment_path(self._folder, start)
            if self.position > start + path.stat().st_size:
                raise self._lacks(start + path.stat().st_size)
            for entry, end in read_segment(path, self.position - start, last=stop is None):
                self._check_order(entry, path)
                self.position = start + end
                yield entry
            if stop is not None and self.position != stop:
                raise self._lacks(self.position)

    def _lacks(self, position: int) -> JournalError:
        expected, fix = f"byte {position} of the journal", "restore its files from a copy"
        got = f"files from bytes {list_segments(self._folder)}"
        return JournalError(str(self._folder), expected=expected, got=got, fix=fix)

    def _check_order(self, entry: Entry, path: Path) -> None:
        known = self._marks.get(entry.actor, entry.previous)
        if entry.previous != known:
            expected, got = f"a record after {known}", f"one after {entry.previous}"
            fix = "restore the journal from a copy"
            raise JournalError(f"{path}: {entry.actor}", expected=expected, got=got, fix=fix)
        self._marks[entry.actor] = entry.mark
