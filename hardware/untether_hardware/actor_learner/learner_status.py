"""How a learner is, for whoever asks."""

import struct
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import grpc

from untether_hardware.actor_learner.access import make_metadata
from untether_hardware.actor_learner.errors import LinkError
from untether_hardware.actor_learner.frame import FrameKind, open_frame, seal_frame
from untether_hardware.actor_learner.messages import CHANNEL_OPTIONS, SERVICE, STATUS

_FACTS = struct.Struct("<16sQQI")  # run, weights, records, actors


@dataclass(frozen=True)
class LearnerStatus:
    """Counts of a learner.

    Attributes:
        run: Of the learner; another one after each start.
        weights: Number of the newest weights; 0 before the first.
        records: In the journal.
        actors: Who ever sent some.
    """

    run: UUID
    weights: int
    records: int
    actors: int

    def encode(self) -> bytes:
        """Return it as a message."""
        body = _FACTS.pack(self.run.bytes, self.weights, self.records, self.actors)
        return seal_frame(FrameKind.STATUS, [body])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return what `encode` wrote.

        Raises:
            RecordError: When the bytes are damaged, or something else.
        """
        reader = open_frame(data, FrameKind.STATUS)
        run, weights, records, actors = reader.unpack(_FACTS)
        reader.finish()
        return cls(UUID(bytes=run), weights, records, actors)


def fetch_status(address: str, *, token: str | None = None, timeout: float = 5.0) -> LearnerStatus:
    """Ask a learner how it is.

    Args:
        address: ``HOST:PORT``.
        token: That the learner asks for, if any.
        timeout: [s]

    Raises:
        LinkError: When it does not answer, or refuses.
        RecordError: When the answer is malformed.
    """
    with grpc.insecure_channel(address, CHANNEL_OPTIONS) as channel:
        call = channel.unary_unary(f"/{SERVICE}/{STATUS}")
        try:
            answer = call(b"", metadata=make_metadata(token), timeout=timeout)
        except grpc.RpcError as error:
            code, details = error.code(), error.details()  # pyright: ignore[reportAttributeAccessIssue]
            got, fix = f"{code.name}: {details}", "check address, token, and whether it runs"
            raise LinkError(address, expected="a learner", got=got, fix=fix) from error
    return LearnerStatus.decode(answer)
