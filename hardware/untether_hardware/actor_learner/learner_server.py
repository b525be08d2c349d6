"""Takes actors' records in, and gives weights out: the learner's side of the link."""

import logging
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Self
from uuid import UUID, uuid4

import grpc
from numpy.typing import NDArray

from untether_hardware.actor_learner.access import is_allowed, require_token
from untether_hardware.actor_learner.entry import LARGEST_ENTRY, Entry
from untether_hardware.actor_learner.errors import (
    JournalError,
    LinkError,
    RecordError,
    SequenceError,
)
from untether_hardware.actor_learner.frame import FrameAssembler, FrameKind
from untether_hardware.actor_learner.journal import Journal
from untether_hardware.actor_learner.learner_status import LearnerStatus
from untether_hardware.actor_learner.messages import (
    CHANNEL_OPTIONS,
    RECORDS,
    SERVICE,
    STATUS,
    WEIGHTS,
    decode_hello,
    encode_mark,
    split,
)
from untether_hardware.actor_learner.record import decode_record
from untether_hardware.actor_learner.schema import RecordSchema
from untether_hardware.actor_learner.weights import Weights, WeightsVersion

_MOST_CALLS = 32  # each actor needs two at a time
_LONGEST_DETAILS = 1000  # characters; gRPC refuses long ones
_WRONG_TOKEN = "token: expected the learner's, got none or another. Fix: give the actor the token"
_STATUS_CODES = {
    RecordError: grpc.StatusCode.INVALID_ARGUMENT,
    SequenceError: grpc.StatusCode.FAILED_PRECONDITION,
    JournalError: grpc.StatusCode.UNAVAILABLE,  # it passes once the disk has space again
}

_log = logging.getLogger(__name__)


class LearnerServer:
    """Serves from the moment that it is made until it is closed.

    A record is acknowledged once the disk has it. One that is there already is not stored again;
    one that is malformed, does not fit or is out of order ends its actor's call with a status that
    says why, and nothing else.

    Args:
        journal: Where records go; it stays the caller's to close.
        host: Address to listen on; one that other computers reach needs a token.
        port: 0 takes a free one.
        token: What actors have to show. Neither it nor the records are encrypted: between
            buildings, use a tunnel.
        schema: What records have to hold; None takes any.

    Attributes:
        address: Where it listens, ``HOST:PORT``.

    Raises:
        LinkError: When a token is missing, or nobody can listen at that address.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        schema: RecordSchema | None = None,
    ) -> None:
        require_token(host, token)
        self._journal, self._token, self._schema = journal, token, schema
        self._version = WeightsVersion(uuid4())
        self._weights = b""
        self._weights_lock = threading.Lock()
        self._server = grpc.server(
            ThreadPoolExecutor(_MOST_CALLS, "learner-server"),
            options=CHANNEL_OPTIONS,
            maximum_concurrent_rpcs=_MOST_CALLS,
        )
        handlers = {
            RECORDS: grpc.stream_stream_rpc_method_handler(self._take_records),
            WEIGHTS: grpc.unary_stream_rpc_method_handler(self._give_weights),
            STATUS: grpc.unary_unary_rpc_method_handler(self._give_status),
        }
        generic = grpc.method_handlers_generic_handler(SERVICE, handlers)
        self._server.add_generic_rpc_handlers((generic,))
        self.address = self._listen(host, port)
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def publish(self, arrays: Mapping[str, NDArray]) -> WeightsVersion:
        """Give actors new weights, which are copied.

        Args:
            arrays: By parameter's name.

        Raises:
            RecordError: When an array cannot be written.
        """
        with self._weights_lock:
            version = WeightsVersion(self._version.run, self._version.number + 1)
            self._weights = Weights(version, arrays).encode()
            self._version = version
            return version

    def close(self) -> None:
        """End all calls, and listen no more."""
        self._server.stop(None).wait()

    def _listen(self, host: str, port: int) -> str:
        """Return the address that it listens at."""
        name = f"[{host}]" if ":" in host else host
        try:
            return f"{name}:{self._server.add_insecure_port(f'{name}:{port}')}"
        except RuntimeError as error:
            where, expected = f"{name}:{port}", "a free address of this computer"
            fix = "choose another port or host"
            raise LinkError(where, expected=expected, got=str(error), fix=fix) from error

    def _take_records(
        self, pieces: Iterator[bytes], context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        """Answer an actor's hello with its newest record, and each piece with its last."""
        with self._refuse_by_status(context):
            actor = decode_hello(next(pieces, b""))
            newest = self._journal.newest(actor)
            self._journal.sync()
            yield encode_mark(newest)
            frames = FrameAssembler(FrameKind.ENTRY, LARGEST_ENTRY)
            for piece in pieces:
                entries = [Entry.decode(frame) for frame in frames.feed(piece)]
                for entry in entries:
                    self._store(entry, actor)
                if entries:
                    self._journal.sync()
                    yield encode_mark(entries[-1].mark)

    def _store(self, entry: Entry, actor: UUID) -> None:
        if entry.actor != actor:
            fix = "give each actor a call of its own"
            raise RecordError("entry", expected=f"{actor}", got=f"{entry.actor}", fix=fix)
        record = decode_record(entry.payload)
        if self._schema is not None:
            self._schema.check(record)
        self._journal.append(entry)

    def _give_weights(self, known: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Give the newest weights in pieces; nothing when the actor has them."""
        with self._refuse_by_status(context):
            version = WeightsVersion.decode(known)
            with self._weights_lock:
                newest, weights = self._version, self._weights
            if version != newest:
                yield from split(weights)

    def _give_status(self, _: bytes, context: grpc.ServicerContext) -> bytes:
        with self._refuse_by_status(context):
            version = self._version
            actors = len(self._journal.marks)
            return LearnerStatus(version.run, version.number, len(self._journal), actors).encode()

    @contextmanager
    def _refuse_by_status(self, context: grpc.ServicerContext) -> Iterator[None]:
        """End a call that shows no token, or meets an error, with a status that says why."""
        if not is_allowed(dict(context.invocation_metadata()), self._token):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, _WRONG_TOKEN)
        try:
            yield
        except tuple(_STATUS_CODES) as error:
            _log.warning("%s: %s", context.peer(), error)
            context.abort(_STATUS_CODES[type(error)], str(error)[:_LONGEST_DETAILS])
