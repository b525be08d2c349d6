"""Sends an actor's records, and fetches weights: the actor's side of the link."""

import queue
import time
from pathlib import Path
from typing import Self
from uuid import UUID

import grpc
import numpy as np

from untether_hardware.actor_learner.access import make_metadata
from untether_hardware.actor_learner.entry import Mark
from untether_hardware.actor_learner.errors import RecordError
from untether_hardware.actor_learner.frame import FrameAssembler, FrameKind
from untether_hardware.actor_learner.journal import SEGMENT_SIZE
from untether_hardware.actor_learner.link_thread import LinkThread
from untether_hardware.actor_learner.messages import (
    RECORDS,
    SERVICE,
    WEIGHTS,
    decode_mark,
    encode_hello,
    split,
)
from untether_hardware.actor_learner.outbox import Outbox
from untether_hardware.actor_learner.record import Record, decode_record, kinds_after
from untether_hardware.actor_learner.weights import Weights, WeightsVersion

_BATCH_SIZE = 1 << 22  # of records that are sent before an acknowledgement is waited for [byte]
_WEIGHTS_PERIOD = 0.5  # [s]
_CHECK_PERIOD = 0.1  # [s]
_CALL_TIMEOUT = 60.0  # for one set of weights [s]


class ActorClient:
    """Writes records to an outbox on disk, and sends them from there in the background.

    Whatever `send` has returned from survives a kill of actor or learner, connected or not. After a
    kill, a client with the same outbox goes on: with the episode that was cut off, or a new one.

    Args:
        outbox: Folder of what is not acknowledged yet; made when there is none. It holds the
            actor's name, so each actor has its own.
        address: Of the learner, ``HOST:PORT``.
        token: That the learner asks for, if any.
        weights_period: Between two questions for weights [s].
        segment_size: Of the outbox's files, which go once all in them is acknowledged [byte].

    Raises:
        JournalError: When the outbox is damaged, or in use.
        RecordError: When its newest record is of another release.
        OSError: When it cannot be written.
    """

    def __init__(
        self,
        outbox: Path,
        address: str,
        *,
        token: str | None = None,
        weights_period: float = _WEIGHTS_PERIOD,
        segment_size: int = SEGMENT_SIZE,
    ) -> None:
        self._outbox = Outbox(outbox, segment_size)
        self._metadata = make_metadata(token)
        self._period = weights_period
        self._weights: Weights | None = None
        newest = self._outbox.read_newest()
        self._allowed = kinds_after(decode_record(newest.payload) if newest else None)
        seed = np.random.SeedSequence(self._outbox.actor.int)
        record_seed, weights_seed = map(np.random.default_rng, seed.spawn(2))
        self._threads = (
            LinkThread("actor-records", address, self._send_records, record_seed),
            LinkThread("actor-weights", address, self._fetch_weights, weights_seed),
        )
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def actor(self) -> UUID:
        """The actor's name."""
        return self._outbox.actor

    @property
    def newest(self) -> Mark:
        """The newest record that was sent."""
        return self._outbox.newest

    @property
    def acknowledged(self) -> Mark:
        """The newest record that the learner is known to have on its disk; at first none."""
        return self._outbox.acknowledged

    @property
    def connected(self) -> bool:
        """Whether the learner takes records now."""
        return self._threads[0].connected

    def send(self, record: Record) -> Mark:
        """Take a record; it never waits for the learner or for the disk's acknowledgement.

        Raises:
            RecordError: When it belongs to no episode, or is too long.
            JournalError: When the outbox's disk refuses it.
        """
        if not isinstance(record, self._allowed):
            expected = " or ".join(kind.__name__ for kind in self._allowed)
            got, fix = type(record).__name__, "begin each episode, and end it once"
            raise RecordError("record", expected=expected, got=got, fix=fix)
        mark = self._outbox.add(record.encode())
        self._allowed = kinds_after(record)
        return mark

    def latest_weights(self) -> Weights | None:
        """Return the newest weights that arrived whole, or None before the first."""
        return self._weights

    def check(self) -> None:
        """Raise what ended the link for good, if anything did; records still go to the outbox.

        Raises:
            LinkError: When the learner refuses the actor, or one side is an old copy.
            BundleError: When the outbox is damaged, or an answer is malformed.
        """
        for thread in self._threads:
            if thread.refusal is not None:
                raise thread.refusal

    def wait_acknowledged(self, timeout: float) -> bool:
        """Wait until the learner has everything that was sent; return whether it does.

        Args:
            timeout: [s]

        Raises:
            BundleError: As `check`.
        """
        deadline = time.monotonic() + timeout
        while not self._outbox.wait_acknowledged(_CHECK_PERIOD):
            self.check()
            if time.monotonic() > deadline:
                return False
        return True

    def close(self) -> None:
        """End the link; what is not acknowledged stays in the outbox."""
        self._outbox.interrupt()
        for thread in self._threads:
            thread.stop()
        self._outbox.close()

    def _send_records(self, channel: grpc.Channel, thread: LinkThread) -> None:
        """Say hello, then send batch after batch, each once the one before is acknowledged."""
        self._outbox.sync()  # regularly, also while there is no learner
        outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        call = channel.stream_stream(f"/{SERVICE}/{RECORDS}")
        answers = call(iter(outgoing.get, None), metadata=self._metadata)
        sent: Mark | None = None
        outgoing.put(encode_hello(self.actor))
        try:
            for answer in answers:
                mark = decode_mark(answer)
                if sent is None:
                    self._outbox.resume(mark)
                else:
                    self._outbox.acknowledge(mark)
                thread.succeed()
                if sent in (None, mark):
                    if not self._outbox.wait():
                        return
                    entries = self._outbox.take(_BATCH_SIZE)
                    sent = entries[-1].mark
                    for piece in split(b"".join(entry.frame for entry in entries)):
                        outgoing.put(piece)
        finally:
            outgoing.put(None)  # ends gRPC's own thread
            answers.cancel()

    def _fetch_weights(self, channel: grpc.Channel, thread: LinkThread) -> None:
        """Ask for weights that are newer again and again."""
        call = channel.unary_stream(f"/{SERVICE}/{WEIGHTS}")
        while True:
            known = self._weights.version if self._weights else WeightsVersion(UUID(int=0))
            frames = FrameAssembler(FrameKind.WEIGHTS)
            for piece in call(known.encode(), metadata=self._metadata, timeout=_CALL_TIMEOUT):
                for frame in frames.feed(piece):
                    self._weights = Weights.decode(frame)
            thread.succeed()
            if not thread.pause(self._period):
                return
