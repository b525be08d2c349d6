"""A record with its actor and its place, as it is stored and as it is sent."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self
from uuid import UUID

from untether_hardware.actor_learner.frame import (
    HEADER_SIZE,
    FrameKind,
    open_frame,
    read_checksum,
    seal_frame,
)

LARGEST_ENTRY = 1 << 24
"""Size of an entry at most [byte]."""

_FACTS = struct.Struct("<16sQI")  # actor, sequence and checksum of its entry before
_PAYLOAD = HEADER_SIZE + _FACTS.size


class Mark(NamedTuple):
    """Where an actor's records have got to; `Mark()` is before the first.

    Attributes:
        sequence: Number of the newest record, from 1, without gaps.
        checksum: Of its entry; it vouches for all before, as each entry holds the one before.
    """

    sequence: int = 0
    checksum: int = 0

    def __str__(self) -> str:
        return f"{self.sequence} ({self.checksum:08x})"


@dataclass(frozen=True)
class Entry:
    """A record of an actor.

    Attributes:
        actor: Whose it is.
        previous: Its actor's record before.
        payload: The record, see ``record.py``.
        frame: All of that as bytes.
    """

    actor: UUID
    previous: Mark
    payload: memoryview
    frame: bytes

    @property
    def mark(self) -> Mark:
        """Where its actor's records have got to with it."""
        return Mark(self.previous.sequence + 1, read_checksum(self.frame))

    @classmethod
    def seal(cls, actor: UUID, previous: Mark, payload: Sequence[bytes | memoryview]) -> Self:
        """Return the entry of a record, given in parts.

        Raises:
            RecordError: When it is longer than `LARGEST_ENTRY`.
        """
        facts = _FACTS.pack(actor.bytes, *previous)
        frame = seal_frame(FrameKind.ENTRY, [facts, *payload], LARGEST_ENTRY)
        return cls(actor, previous, memoryview(frame)[_PAYLOAD:], frame)

    @classmethod
    def decode(cls, frame: bytes) -> Self:
        """Return the entry that is in a frame.

        Raises:
            RecordError: When it is cut off, damaged, or something else.
        """
        reader = open_frame(frame, FrameKind.ENTRY)
        actor, sequence, checksum = reader.unpack(_FACTS)
        return cls(UUID(bytes=actor), Mark(sequence, checksum), memoryview(frame)[_PAYLOAD:], frame)
