"""Writes a bag in a thread of its own, so that a slow disk never delays who hands messages over."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from untether_nodes.recording.bag_writer import BagWriter

_FLUSH_PERIOD = 1.0  # [s]
Job = Callable[[BagWriter], None]


class BagThread:
    """Does jobs on a bag, in order.

    A job that the disk refuses is the last one: the bag stays readable up to there. One that fails
    for another reason is left out.

    Attributes:
        error: The first thing that went wrong, since when the bag is incomplete; None before.
    """

    def __init__(self, writer: BagWriter) -> None:
        """Start the thread; it owns the writer from now on."""
        self.error: Exception | None = None
        self._writer = writer
        self._full = False
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._flushed = threading.Event()
        # A daemon: a node that ends without closing it must not keep its process alive.
        self._thread = threading.Thread(target=self._run, name="bag", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that wait."""
        return self._jobs.qsize()

    def submit(self, job: Job) -> None:
        """Have a job done."""
        self._jobs.put(job)

    def close(self) -> None:
        """Do what waits, finish the bag, and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        flusher = threading.Thread(target=self._request_flushes, daemon=True)
        flusher.start()
        while (job := self._jobs.get()) is not None:
            if not self._full:
                self._do(job)
        self._flushed.set()
        self._do(BagWriter.close)

    def _do(self, job: Job) -> None:
        try:
            job(self._writer)
        except OSError as error:  # a full disk must not end the flight
            self._full = True
            self.error = self.error or error
        except Exception as error:  # noqa: BLE001 - the rest of the flight is still worth recording
            self.error = self.error or error

    def _request_flushes(self) -> None:
        while not self._flushed.wait(_FLUSH_PERIOD):
            self._jobs.put(BagWriter.flush)
