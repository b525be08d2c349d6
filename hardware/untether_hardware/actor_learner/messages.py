"""The small messages between actor and learner, and how large ones are cut into pieces."""

import struct
from collections.abc import Iterator
from uuid import UUID

from untether_hardware.actor_learner.entry import Mark
from untether_hardware.actor_learner.frame import FrameKind, open_frame, seal_frame

PIECE_SIZE = 1 << 20
"""Size of a message at most [byte]."""

CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", PIECE_SIZE),
    ("grpc.max_send_message_length", PIECE_SIZE),
    ("grpc.keepalive_time_ms", 10_000),  # finds a peer that vanished without a word
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.so_reuseport", 0),  # two learners never share a port
    ("grpc.use_local_subchannel_pool", 1),  # each attempt connects anew
)
"""Of gRPC, for both sides."""

SERVICE = "untether.ActorLearner"
RECORDS, WEIGHTS, STATUS = "Records", "Weights", "Status"

_HELLO = struct.Struct("<16s")  # actor
_MARK = struct.Struct("<QI")  # sequence, checksum


def split(data: bytes) -> Iterator[bytes]:
    """Yield pieces of at most `PIECE_SIZE`."""
    for start in range(0, len(data), PIECE_SIZE):
        yield data[start : start + PIECE_SIZE]


def encode_hello(actor: UUID) -> bytes:
    """Return the first message of an actor's records."""
    return seal_frame(FrameKind.HELLO, [_HELLO.pack(actor.bytes)])


def decode_hello(data: bytes) -> UUID:
    """Return the actor that says hello.

    Raises:
        RecordError: When the bytes are damaged, or something else.
    """
    reader = open_frame(data, FrameKind.HELLO)
    (actor,) = reader.unpack(_HELLO)
    reader.finish()
    return UUID(bytes=actor)


def encode_mark(mark: Mark) -> bytes:
    """Return an acknowledgement."""
    return seal_frame(FrameKind.MARK, [_MARK.pack(*mark)])


def decode_mark(data: bytes) -> Mark:
    """Return what is acknowledged.

    Raises:
        RecordError: When the bytes are damaged, or something else.
    """
    reader = open_frame(data, FrameKind.MARK)
    mark = Mark(*reader.unpack(_MARK))
    reader.finish()
    return mark
