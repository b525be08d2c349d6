"""Hands records over to the link in a thread, so that a slow disk never holds a control loop up."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable

from untether_hardware.actor_learner.actor_client import ActorClient
from untether_hardware.actor_learner.record import Record
from untether_policies.errors import BundleError

_LARGEST_BACKLOG = 100  # records, which are ten seconds' worth
_RETRY_PERIOD = 0.5  # [s] after the disk refused one

_log = logging.getLogger(__name__)


class RecordSender:
    """Keeps records in memory until they are on the disk, in order; none is ever left out.

    Whoever sends has to watch `problem`, and to end the episode when there is one: what waits does
    not grow then.

    Args:
        client: Of the link; only this sender may send with it.
    """

    def __init__(self, client: ActorClient) -> None:
        self._client = client
        self._waiting: deque[Record] = deque()
        self._changed = threading.Condition()
        self._refusal: BundleError | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="record-sender", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> str:
        """Why no episode should go on, for people; empty as long as records get on the disk."""
        refusal = self._refusal
        if refusal is not None:
            return str(refusal)
        if len(self._waiting) > _LARGEST_BACKLOG:
            return (
                f"outbox: expected at most {_LARGEST_BACKLOG} records in memory, got "
                f"{len(self._waiting)}. Fix: give the outbox a faster disk."
            )
        return ""

    @property
    def waiting(self) -> int:
        """Records that are not on the disk yet."""
        return len(self._waiting)

    def send(self, records: Iterable[Record]) -> None:
        """Take records over; returns at once."""
        with self._changed:
            self._waiting.extend(records)
            self._changed.notify()

    def close(self, timeout: float) -> bool:
        """Write what waits, for a time at most [s], and end; return whether all is written."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)
        return not self._waiting

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                record, closing = self._waiting[0], self._closing
            try:
                self._client.send(record)
            except BundleError as error:  # of the disk, as a rule, which may have space again
                if self._refusal is None:
                    _log.error("%s", error)
                self._refusal = error
                if closing:
                    return
                with self._changed:
                    self._changed.wait(_RETRY_PERIOD)
                continue
            self._refusal = None
            self._waiting.popleft()
