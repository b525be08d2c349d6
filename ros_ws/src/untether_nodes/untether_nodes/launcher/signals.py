"""Signals as events: Ctrl-C, requests to end, ended children; and their names."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from untether_nodes.launcher.event_loop import EventLoop


def end_requests() -> tuple[signal.Signals, ...]:
    """Return the signals that ask to end; SIGHUP is none when it is ignored, as under nohup."""
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        return signal.SIGINT, signal.SIGTERM
    return signal.SIGINT, signal.SIGTERM, signal.SIGHUP


def signal_name(number: int) -> str:
    """Return a signal's name; real-time ones have none of their own."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


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
    for number in (*end_requests(), signal.SIGCHLD):
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
