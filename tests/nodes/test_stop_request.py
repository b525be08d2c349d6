"""A signal is noted at once, and acted on at a good moment."""

import os
import signal

import pytest

from untether_nodes.stop_request import StopRequest

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_waits_for_the_check(number):
    class Swallower:
        def __del__(self):
            os.kill(os.getpid(), number)

    with StopRequest() as stop:
        stop.check()
        Swallower()  # is destroyed at once
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            stop.check()
        stop.check()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_interrupts_at_once_where_nobody_checks(number):
    with pytest.raises(KeyboardInterrupt), StopRequest(at_once=True):
        signal.raise_signal(number)


def test_the_end_of_the_terminal_is_no_request_under_nohup():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopRequest() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop.requested
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_handlers_are_put_back():
    before = [signal.getsignal(number) for number in NUMBERS]
    with StopRequest():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert [signal.getsignal(number) for number in NUMBERS] == before
