"""Signals as events: Ctrl-C, requests to end, ended children."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from untether_nodes.launcher.event_loop import EventLoop

END_REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask the launcher to end."""


@contextmanager
def watched_signals(loop: EventLoop, on_signal: Callable[[int], None]) -> Iterator[None]:
    """Have the loop call ``on_signal`` for requests to end and for ended children.

    Args:
        loop: The event loop.
        on_signal: Called with the signal's number, in the loop and not in a handler.

    Yields:
        Nothing; the earlier handlers are back afterwards.
    """
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)

    def serve() -> None:
        for number in os.read(reading, 4096):
            on_signal(number)

    before = {}
    for number in (*END_REQUESTS, signal.SIGCHLD):
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
            continue  # started under nohup
        before[number] = signal.signal(number, lambda _number, _frame: None)
    earlier_pipe = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    loop.watch(reading, serve)
    try:
        yield
    finally:
        loop.forget(reading)
        signal.set_wakeup_fd(earlier_pipe)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
