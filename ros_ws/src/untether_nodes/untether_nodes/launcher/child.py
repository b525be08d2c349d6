"""One started process: its pipes, its signals, its end."""

import os
import pty
import signal
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from untether_nodes.launcher.event_loop import EventLoop, Timer
from untether_nodes.launcher.lines import LineSplitter
from untether_nodes.launcher.orphans import die_with_parent, is_group_left, signal_group
from untether_nodes.launcher.process_plan import ParameterFile, ProcessPlan

_CHUNK = 1 << 16
_LAST_CHUNKS = 64
"""Reads after the end, at most: a process that has left the group may write on for ever."""
_GIVE_UP = 2.0
"""From SIGKILL until the rest of a group is left alone: only the kernel can hold it then [s]."""

OnLines = Callable[[list[str], bool], None]


class Child:
    """A running process and the group that it leads.

    The group counts as ended when its leader and all other members have ended. What the leader
    leaves behind is ended with SIGTERM and, if need be, SIGKILL.

    Args:
        plan: What to start.
        files: The paths of its parameter files, in the order of the command.
        loop: The event loop.
        on_lines: Called with lines of output and whether they are error output.
        on_end: Called once, with the leader's exit status, when the group has ended.
        say: Called with what is worth telling.

    Raises:
        OSError: The process cannot be started.
    """

    def __init__(
        self,
        plan: ProcessPlan,
        files: list[Path],
        loop: EventLoop,
        *,
        on_lines: OnLines,
        on_end: Callable[[int], None],
        say: Callable[[str], None],
    ) -> None:
        self.plan = plan
        self._loop = loop
        self._on_lines = on_lines
        self._on_end = on_end
        self._say = say
        self._escalation = Timer(lambda: None)
        self._sent: signal.Signals | None = None
        self._is_over = False
        self._status: int | None = None
        self._streams: dict[int, tuple[LineSplitter, bool]] = {}
        self._popen = self._start([str(file) for file in files])
        self.group = self._popen.pid

    def _start(self, files: list[str]) -> subprocess.Popen[bytes]:
        plan, paths, parent = self.plan, iter(files), os.getpid()
        words = [next(paths) if isinstance(p, ParameterFile) else p for p in plan.command]
        ends = [pty.openpty() if plan.emulate_tty else os.pipe() for _ in range(2)]
        try:
            process = subprocess.Popen(
                " ".join(words) if plan.shell else words,
                shell=plan.shell,
                cwd=plan.directory,
                env=dict(plan.environment),
                stdin=subprocess.DEVNULL,
                stdout=ends[0][1],
                stderr=ends[1][1],
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )
        except BaseException:
            for reading, _writing in ends:
                os.close(reading)
            raise
        finally:
            for _reading, writing in ends:
                os.close(writing)
        for (reading, _writing), is_error in zip(ends, (False, True), strict=True):
            os.set_blocking(reading, False)
            self._streams[reading] = (LineSplitter(), is_error)
            self._loop.watch(reading, partial(self._read, reading))
        return process

    def _read(self, descriptor: int) -> bool:
        """Take what has come; return whether there may be more at once."""
        splitter, is_error = self._streams[descriptor]
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return False
        except OSError:  # a pseudo-terminal without a writer
            data = b""
        if not data:
            self._close(descriptor)
            return False
        self._on_lines(splitter.feed(data), is_error)
        return True

    def _close(self, descriptor: int) -> None:
        splitter, is_error = self._streams.pop(descriptor)
        self._loop.forget(descriptor)
        os.close(descriptor)
        self._on_lines(splitter.flush(), is_error)

    def stop(self, first: signal.Signals) -> None:
        """Begin to end the group, unless that has begun.

        Args:
            first: The first signal; stronger ones follow after the plan's timeouts.
        """
        if self._sent is None:
            self._send(first)

    def hasten(self) -> None:
        """Send the next stronger signal now."""
        if self._sent in (signal.SIGINT, signal.SIGTERM):
            self._escalation.fire()

    def poll(self) -> None:
        """Look what has ended; to be called whenever some process has."""
        if self._status is None:
            self._status = self._popen.poll()
        if self._status is None or self._is_over:
            return
        if not is_group_left(self.group):
            self._finish()
        elif self._sent is None:
            self._say(f"{self.plan.name} has left processes behind")
            self._send(signal.SIGTERM)

    def _send(self, number: signal.Signals) -> None:
        self._sent = number
        self._say(f"sending {number.name} to {self.plan.name}")
        if not signal_group(self.group, number) and self._status is not None:
            self._finish()  # the rest has gone into another group
            return
        if number == signal.SIGINT:
            wait, after = self.plan.sigterm_timeout, lambda: self._send(signal.SIGTERM)
        elif number == signal.SIGTERM:
            wait, after = self.plan.sigkill_timeout, lambda: self._send(signal.SIGKILL)
        else:
            wait, after = _GIVE_UP, self._finish
        self._escalation = self._loop.call_later(wait, after)

    def _finish(self) -> None:
        self._is_over = True
        self._escalation.cancel()
        for descriptor in tuple(self._streams):
            for _ in range(_LAST_CHUNKS):
                if not self._read(descriptor):
                    break
            if descriptor in self._streams:
                self._close(descriptor)
        self._on_end(-signal.SIGKILL if self._status is None else self._status)
