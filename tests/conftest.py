"""What all tests need."""

import signal


def pytest_configure():
    """Let Ctrl-C and a hang-up reach the processes that tests start.

    Shells and nohup start background jobs with these ignored, which their children would inherit.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
