"""A signal is noted at once, and acted on at a good moment."""

import os
import signal

import pytest

from untether_nodes.stop_request import StopRequest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
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


def test_the_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with StopRequest():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
