"""The weights of a policy, as the learner publishes them."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self
from uuid import UUID

from numpy.typing import NDArray

from untether_hardware.actor_learner.frame import FrameKind, open_frame, seal_frame
from untether_hardware.actor_learner.named_arrays import decode_arrays, encode_arrays

_FACTS = struct.Struct("<16sQ")  # run, number


class WeightsVersion(NamedTuple):
    """Which weights these are.

    Attributes:
        run: Of the learner; versions of different runs have no order.
        number: Grows from 1 within a run; 0 is before the first.
    """

    run: UUID
    number: int = 0

    def encode(self) -> bytes:
        """Return it as a message that tells which weights are known."""
        return seal_frame(FrameKind.KNOWN_WEIGHTS, [_FACTS.pack(self.run.bytes, self.number)])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return what `encode` wrote.

        Raises:
            RecordError: When the bytes are cut off, damaged, or something else.
        """
        reader = open_frame(data, FrameKind.KNOWN_WEIGHTS)
        run, number = reader.unpack(_FACTS)
        reader.finish()
        return cls(UUID(bytes=run), number)


@dataclass(frozen=True)
class Weights:
    """Arrays by name, and which they are.

    Attributes:
        version: Which.
        arrays: By parameter's name; read-only when they were decoded.
    """

    version: WeightsVersion
    arrays: Mapping[str, NDArray]

    def encode(self) -> bytes:
        """Return them as bytes, with a checksum.

        Raises:
            RecordError: When an array cannot be written.
        """
        facts = _FACTS.pack(self.version.run.bytes, self.version.number)
        return seal_frame(FrameKind.WEIGHTS, [facts, *encode_arrays(self.arrays)])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return what `encode` wrote; the arrays are read-only views of the bytes.

        Raises:
            RecordError: When the bytes are cut off, damaged, or something else.
        """
        reader = open_frame(data, FrameKind.WEIGHTS)
        run, number = reader.unpack(_FACTS)
        weights = cls(WeightsVersion(UUID(bytes=run), number), decode_arrays(reader))
        reader.finish()
        return weights
