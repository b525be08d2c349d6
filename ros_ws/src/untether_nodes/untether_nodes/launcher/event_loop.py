"""File descriptors and timers, served one after the other in one thread."""

import heapq
import itertools
import selectors
import time
from collections.abc import Callable


class Timer:
    """A callback at a time; ``cancel`` takes it back."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Do not call."""
        self._callback = None

    def fire(self) -> None:
        """Call once, unless cancelled."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()

    @property
    def is_pending(self) -> bool:
        """Whether it will still call."""
        return self._callback is not None


class EventLoop:
    """Waits for whichever comes first, readable descriptors or due timers."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()

    def watch(self, descriptor: int, callback: Callable[[], object]) -> None:
        """Call whenever a descriptor can be read."""
        self._selector.register(descriptor, selectors.EVENT_READ, callback)

    def forget(self, descriptor: int) -> None:
        """Stop watching a descriptor."""
        self._selector.unregister(descriptor)

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call once after ``delay`` [s]."""
        timer = Timer(callback)
        heapq.heappush(self._timers, (time.monotonic() + delay, next(self._order), timer))
        return timer

    def step(self) -> None:
        """Wait for something to happen and serve it."""
        while self._timers and not self._timers[0][2].is_pending:
            heapq.heappop(self._timers)
        timeout = None
        if self._timers:
            timeout = max(0.0, self._timers[0][0] - time.monotonic())
        for key, _events in self._selector.select(timeout):
            if self._selector.get_map().get(key.fd) is key:  # else an earlier callback closed it
                key.data()
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2].fire()

    def close(self) -> None:
        """Release the selector."""
        self._selector.close()
