"""An actor's records that its learner did not acknowledge yet, on the actor's disk."""

import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

from untether_hardware.actor_learner.entry import Entry, Mark
from untether_hardware.actor_learner.errors import JournalError, LinkError
from untether_hardware.actor_learner.journal import SEGMENT_SIZE, Journal
from untether_hardware.actor_learner.journal_reader import JournalReader
from untether_hardware.actor_learner.segment import list_segments
from untether_hardware.datasets.durable_file import write_durably

_ACTOR_FILE = "actor"


class Outbox:
    """A journal with one actor's records; files are deleted once all in them is acknowledged.

    One thread adds; another one takes, and acknowledges. The newest acknowledged record always
    stays, so that outbox and learner can compare what they have.

    Args:
        folder: Is made when there is none, with an actor's new name in it.
        segment_size: Of its files [byte].

    Attributes:
        actor: Whose it is; the name stays with the folder.
        acknowledged: What the learner is known to have.

    Raises:
        JournalError: When it is damaged, or somebody else holds it.
        OSError: When it cannot be read or written.
    """

    def __init__(self, folder: Path, segment_size: int = SEGMENT_SIZE) -> None:
        self._journal = Journal(folder, segment_size)
        try:
            self.actor = _find_actor(folder)
            self._require_own()
        except BaseException:
            self._journal.close()
            raise
        self.acknowledged = Mark()
        self._reader = JournalReader(folder)
        # Acknowledged first, then those that were taken: where each one ends.
        self._places: deque[tuple[Mark, int]] = deque()
        self._taken = 0  # sequence of the record that was taken last
        self._changed = threading.Condition()
        self._interrupted = False

    @property
    def newest(self) -> Mark:
        """The newest record."""
        return self._journal.newest(self.actor)

    def add(self, payload: Sequence[bytes | memoryview]) -> Mark:
        """Write a record, given in parts; from now on a kill of the process does not lose it.

        Raises:
            RecordError: When it is too long.
            JournalError: When the disk refuses it; it is not added then.
        """
        mark = self._journal.write(self.actor, payload)
        with self._changed:
            self._changed.notify_all()
        return mark

    def read_newest(self) -> Entry | None:
        """Return the newest record, which also a restart finds; None when there was never one.

        Raises:
            JournalError: When the outbox is damaged.
        """
        (start, *_) = list_segments(self._journal.folder)
        entries = deque(JournalReader(self._journal.folder, start), maxlen=1)
        return entries[0] if entries else None

    def sync(self) -> None:
        """Wait until the disk has what was added.

        Raises:
            JournalError: When the disk refuses it.
        """
        self._journal.sync()

    def resume(self, mark: Mark) -> None:
        """Take on after the newest record that the learner has.

        Raises:
            LinkError: When the outbox does not have that record, so that one side is an old copy.
            JournalError: When the outbox is damaged.
        """
        known = self._places and self._places[0][0] == mark
        place = self._places[0][1] if known else self._find(mark)
        self._places = deque([(mark, place)])
        self._reader, self._taken = JournalReader(self._journal.folder, place), mark.sequence
        self._note(mark)

    def wait(self) -> bool:
        """Wait until there is something to take; return False when interrupted instead."""
        with self._changed:
            self._changed.wait_for(lambda: self._interrupted or self.newest.sequence > self._taken)
            return not self._interrupted

    def take(self, size: int) -> list[Entry]:
        """Return the next records, at least one if there is one, once they are on the disk.

        So a learner never has what its actor lost in a power cut.

        Args:
            size: No further one is taken when they are that long [byte].

        Raises:
            JournalError: When the disk refuses them.
        """
        entries = []
        for entry in self._reader:
            entries.append(entry)
            self._taken = entry.mark.sequence
            self._places.append((entry.mark, self._reader.position))
            size -= len(entry.frame)
            if size <= 0:
                break
        self.sync()
        return entries

    def acknowledge(self, mark: Mark) -> None:
        """Note that the learner has the record of a mark, and all before it.

        Raises:
            LinkError: When that record was not taken.
        """
        while self._places[0][0] != mark:
            self._places.popleft()
            if not self._places:
                raise self._refuse(mark, "none that was sent")
        self._journal.drop(self._places[0][1])
        self._note(mark)

    def wait_acknowledged(self, timeout: float) -> bool:
        """Wait until everything is acknowledged, for a time at most [s]; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self.acknowledged == self.newest, timeout)

    def interrupt(self) -> None:
        """Let whoever waits for something to take go on without it."""
        with self._changed:
            self._interrupted = True
            self._changed.notify_all()

    def close(self) -> None:
        """Let others hold the folder."""
        self._journal.close()

    def _note(self, mark: Mark) -> None:
        with self._changed:
            self.acknowledged = mark
            self._changed.notify_all()

    def _find(self, mark: Mark) -> int:
        """Return the position after the record of a mark."""
        starts = list_segments(self._journal.folder)
        if mark == Mark() and not starts[0]:
            return 0
        for entry in (reader := JournalReader(self._journal.folder, starts[0])):
            if entry.mark == mark:
                return reader.position
            if entry.mark.sequence >= mark.sequence:
                raise self._refuse(mark, f"{entry.mark}")
        raise self._refuse(mark, f"records up to {self.newest}")

    def _require_own(self) -> None:
        others = set(self._journal.marks) - {self.actor}
        if others:
            fix = "choose another folder for the outbox"
            raise JournalError(
                str(self._journal.folder),
                expected=f"records of {self.actor}",
                got=f"records of {others.pop()}",
                fix=fix,
            )

    def _refuse(self, mark: Mark, got: str) -> LinkError:
        return LinkError(
            f"outbox {self._journal.folder}",
            expected=f"the learner's newest record of this actor, {mark}",
            got=got,
            fix="one of the two is an old copy: restore the newer, or begin with a new outbox",
        )


def _find_actor(folder: Path) -> UUID:
    """Return the actor's name, which is made when there is none."""
    path = folder / _ACTOR_FILE
    if not path.exists():
        write_durably(path, f"{uuid4()}\n".encode())
    try:
        return UUID(path.read_text(encoding="utf-8").strip())
    except ValueError as error:
        got, fix = str(error), "restore it from a copy"
        raise JournalError(str(path), expected="an actor's name", got=got, fix=fix) from error
