"""Ending what would outlive a launcher that was killed outright.

A launcher that gets SIGKILL cannot clean up. Two things do it in its place: the kernel sends
SIGTERM to each process that the launcher started (``PR_SET_PDEATHSIG``), and a small guard, forked
before anything else, sees its pipe close and ends the process groups it was told of, so that
children of children and those that ignore SIGTERM go too.
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Iterator

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_POLL = 0.02
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """Ask the kernel, in a forked child, for SIGTERM when the parent ends.

    Args:
        parent: The parent's process id; if it has ended before, the child ends here.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


@contextlib.contextmanager
def adopted_orphans() -> Iterator[None]:
    """Become the parent of processes whose own parent ends, so that their end is seen and reaped.

    Yields:
        Nothing; afterwards they go to the system's first process again.
    """
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 0)


def is_group_left(group: int) -> bool:
    """Reap what has ended of a group whose leader is reaped; return whether any of it is left."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    return signal_group(group, 0)


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group; number 0 only asks.

    Returns:
        Whether the group had a process left.
    """
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # there is one, under another user
        return True
    return True


class OrphanGuard:
    """A process of its own that outlives the launcher just long enough.

    Args:
        grace: From SIGTERM to SIGKILL [s].
    """

    def __init__(self, grace: float) -> None:
        reading, self._pipe = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            with contextlib.suppress(BaseException):
                _guard(reading, grace)
            os._exit(0)
        os.close(reading)

    def add(self, group: int) -> None:
        """Guard a process group."""
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """Forget a group that has ended."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """End the guard; groups that are still there are ended by it."""
        os.close(self._pipe)
        os.waitpid(self._process, 0)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # someone has killed the guard
            os.write(self._pipe, line.encode("ascii"))


def _guard(pipe: int, grace: float) -> None:
    """Follow the list of groups until the pipe closes, then end what is left of them."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, pipe)
    os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX"))
    groups: set[int] = set()
    with os.fdopen(pipe, encoding="ascii") as lines:
        for line in lines:
            (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    groups = {group for group in groups if signal_group(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace
    while groups and time.monotonic() < deadline:
        time.sleep(_POLL)
        groups = {group for group in groups if signal_group(group, 0)}
    for group in groups:
        signal_group(group, signal.SIGKILL)
