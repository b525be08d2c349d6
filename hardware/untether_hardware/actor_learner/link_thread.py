"""A thread that keeps one kind of call to a learner going, through all interruptions."""

import logging
import threading
from collections.abc import Callable

import grpc
import numpy as np

from untether_hardware.actor_learner.errors import LinkError
from untether_hardware.actor_learner.messages import CHANNEL_OPTIONS
from untether_policies.errors import BundleError, explain_os_error

_FIRST_DELAY, _LONGEST_DELAY = 0.1, 5.0  # before another attempt at most [s]
_MOST_DOUBLINGS = 8
_FINAL = {
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
}

_log = logging.getLogger(__name__)


class LinkThread:
    """Calls a function with a channel to the learner, again after each lost connection.

    It waits longer and longer between attempts, by a random share, so that many actors do not come
    back at once. What the learner or this side refuses is not tried again.

    Args:
        name: Of the thread.
        address: Of the learner, ``HOST:PORT``.
        call: Gets the channel and this thread; returns or raises when the connection is lost.
        generator: Of the waiting times.

    Attributes:
        refusal: Why it ended for good, or None.
        connected: Whether the learner answers.
    """

    def __init__(
        self,
        name: str,
        address: str,
        call: Callable[[grpc.Channel, "LinkThread"], None],
        generator: np.random.Generator,
    ) -> None:
        self.refusal: BundleError | None = None
        self.connected = False
        self._address, self._call, self._generator = address, call, generator
        self._failures = 0
        self._stopping = threading.Event()
        self._channel: grpc.Channel | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def succeed(self) -> None:
        """Note that the learner answered, so that the next loss is the first."""
        self.connected, self._failures = True, 0

    def pause(self, seconds: float) -> bool:
        """Wait between two calls; return False at once when it is to end [s]."""
        return not self._stopping.wait(seconds)

    def stop(self) -> None:
        """End the call that goes on, and wait for the thread."""
        self._stopping.set()
        with self._lock:
            if self._channel is not None:
                self._channel.close()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with grpc.insecure_channel(self._address, CHANNEL_OPTIONS) as channel:
                    self._use(channel)
            except grpc.RpcError as error:
                self._judge(error)
            except OSError as error:
                self.refusal = explain_os_error(error, self._address)
            except BundleError as error:
                self.refusal = error
            self.connected = False
            if self.refusal is not None:
                _log.error("%s", self.refusal)
                return
            longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2**self._failures)
            self._failures = min(self._failures + 1, _MOST_DOUBLINGS)
            self.pause(self._generator.uniform(0.0, longest))

    def _use(self, channel: grpc.Channel) -> None:
        with self._lock:
            self._channel = channel
        try:
            if not self._stopping.is_set():
                self._call(channel, self)
        except ValueError:  # that is what a call on a closed channel raises
            if not self._stopping.is_set():
                raise
        finally:
            with self._lock:
                self._channel = None

    def _judge(self, error: grpc.RpcError) -> None:
        """Keep what is of no use to try again."""
        code, details = error.code(), error.details()  # pyright: ignore[reportAttributeAccessIssue]
        if code in _FINAL and not self._stopping.is_set():
            self.refusal = LinkError(
                f"learner at {self._address}",
                expected="calls that it takes",
                got=f"{code.name}: {details}",
                fix="see what it got; run the same release on both sides",
            )
