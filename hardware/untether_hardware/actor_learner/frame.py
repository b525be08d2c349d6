"""The frame around whatever is sent or stored: version, kind, length and checksum."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from enum import IntEnum

from untether_hardware.actor_learner.byte_reader import ByteReader
from untether_hardware.actor_learner.errors import RecordError

MAGIC, VERSION = b"UNTR", 1
LARGEST_FRAME = 1 << 28
"""Size of a frame at most [byte]."""

_FIELDS = struct.Struct("<4sHHI")  # magic, version, kind, length of the body
_CHECKSUM = struct.Struct("<I")  # CRC-32 of the fields and the body
HEADER_SIZE = _FIELDS.size + _CHECKSUM.size


class FrameKind(IntEnum):
    """What a frame holds."""

    ENTRY = 1
    WEIGHTS = 2
    HELLO = 3
    MARK = 4
    KNOWN_WEIGHTS = 5
    STATUS = 6


def seal_frame(
    kind: FrameKind, parts: Sequence[bytes | memoryview], largest: int = LARGEST_FRAME
) -> bytes:
    """Return the parts of a body, joined, in a frame.

    Raises:
        RecordError: When they are too long.
    """
    length = sum(len(part) for part in parts)
    if length > largest - HEADER_SIZE:
        expected, fix = f"up to {largest - HEADER_SIZE} bytes", "make its arrays smaller"
        raise RecordError(kind.name.lower(), expected=expected, got=str(length), fix=fix)
    fields = _FIELDS.pack(MAGIC, VERSION, kind, length)
    checksum = zlib.crc32(fields)
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return b"".join([fields, _CHECKSUM.pack(checksum), *parts])


def read_size(header: bytes | memoryview, kind: FrameKind, largest: int = LARGEST_FRAME) -> int:
    """Return the size of the frame that begins with a header [byte].

    Args:
        header: `HEADER_SIZE` bytes.
        kind: What it has to hold.
        largest: What is accepted [byte].

    Raises:
        RecordError: When it is no header, of another version or kind, or says too much.
    """
    reader = ByteReader(header, f"{kind.name.lower()} frame")
    magic, version, got_kind, length = reader.unpack(_FIELDS)
    if (magic, version, got_kind) != (MAGIC, VERSION, kind):
        expected = f"{MAGIC!r}, version {VERSION}, kind {int(kind)}"
        raise reader.refuse(expected, f"{magic!r}, version {version}, kind {got_kind}")
    if length > largest - HEADER_SIZE:
        raise reader.refuse(f"up to {largest - HEADER_SIZE} bytes", str(length))
    return HEADER_SIZE + length


def read_checksum(frame: bytes | memoryview) -> int:
    """Return the checksum that a frame's header tells."""
    return _CHECKSUM.unpack_from(frame, _FIELDS.size)[0]


def open_frame(frame: bytes | memoryview, kind: FrameKind) -> ByteReader:
    """Return the body of a frame, after checking it.

    Args:
        frame: One frame, no more.
        kind: What it has to hold.

    Raises:
        RecordError: When it is cut off, damaged, or holds something else.
    """
    view = memoryview(frame)
    size = read_size(view[:HEADER_SIZE], kind)
    body = ByteReader(view[HEADER_SIZE:], f"{kind.name.lower()} frame")
    if size != len(view):
        raise body.refuse(f"{size} bytes", str(len(view)))
    found = zlib.crc32(view[HEADER_SIZE:], zlib.crc32(view[: _FIELDS.size]))
    if found != read_checksum(view):
        raise body.refuse(f"checksum {read_checksum(view):08x}", f"{found:08x}")
    return body


class FrameAssembler:
    """Puts frames together from pieces of any size.

    Args:
        kind: What all of them have to hold.
        largest: Size of one that is accepted [byte].
    """

    def __init__(self, kind: FrameKind, largest: int = LARGEST_FRAME) -> None:
        self._kind, self._largest = kind, largest
        self._buffer = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Add a piece; yield the frames that are whole now, whose bodies are not checked yet.

        Raises:
            RecordError: When a header is damaged; what comes after it cannot be understood.
        """
        self._buffer += piece
        while len(self._buffer) >= HEADER_SIZE:
            size = read_size(bytes(self._buffer[:HEADER_SIZE]), self._kind, self._largest)
            if len(self._buffer) < size:
                return
            frame = bytes(memoryview(self._buffer)[:size])
            del self._buffer[:size]
            yield frame
