"""Running of a plan: start, watch, start again, shut down in order."""

import shlex
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from untether_nodes.launcher.child import Child
from untether_nodes.launcher.event_loop import EventLoop, Timer
from untether_nodes.launcher.orphans import OrphanGuard, adopted_orphans
from untether_nodes.launcher.process_plan import LaunchPlan, ParameterFile, ProcessPlan
from untether_nodes.launcher.screen import Screen
from untether_nodes.launcher.signals import signal_name, watched_signals


class Supervisor:
    """Runs the processes of one plan.

    The first request to end (Ctrl-C, SIGTERM, SIGHUP) sends SIGINT to all processes in the reverse
    order of their start; those that stay get SIGTERM and then SIGKILL after their timeouts. Each
    further request sends the next stronger signal at once.

    Args:
        plan: What to run.
        screen: Where output goes.
        is_verbose: Whether every start and signal is told.
    """

    def __init__(self, plan: LaunchPlan, screen: Screen, *, is_verbose: bool) -> None:
        self._plan = plan
        self._screen = screen
        self._is_verbose = is_verbose
        self._loop = EventLoop()
        self._children: dict[int, Child] = {}
        self._respawns: dict[int, Timer] = {}
        self._retries = [0] * len(plan.processes)
        self._failures: list[str] = []
        self._is_stopping = False

    def run(self) -> int:
        """Run until all processes have ended.

        Returns:
            0 when all ended well or were told to end, 1 when one failed by itself.
        """
        grace = max((p.sigkill_timeout for p in self._plan.processes), default=0.0)
        with ExitStack() as stack:
            prefix = "launch_params_"
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
            stack.callback(self._loop.close)
            stack.enter_context(watched_signals(self._loop, self._on_signal))
            self._loop.watch(self._screen.hangup, self._on_hangup)
            stack.enter_context(adopted_orphans())
            self._guard = OrphanGuard(grace)
            stack.callback(self._guard.close)
            for number in range(len(self._plan.processes)):
                if not self._is_stopping:
                    self._start(number)
            while self._children or self._respawns:
                self._loop.step()
        for failure in self._failures:
            self._screen.say(f"FAILED: {failure}")
        return 1 if self._failures else 0

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGCHLD:
            for child in tuple(self._children.values()):
                child.poll()
        elif not self._is_stopping:
            self._stop(f"{signal_name(number)}: shutting down")
        else:
            self._screen.say("shutting down faster")
            for child in self._in_order_of_end():
                child.hasten()

    def _on_hangup(self) -> None:
        self._loop.forget(self._screen.hangup)
        self._stop("nobody reads the output any more")

    def _in_order_of_end(self) -> list[Child]:
        return [self._children[number] for number in sorted(self._children, reverse=True)]

    def _stop(self, reason: str) -> None:
        if self._is_stopping:
            return
        self._is_stopping = True
        self._screen.say(reason)
        for timer in self._respawns.values():
            timer.cancel()
        self._respawns.clear()
        for child in self._in_order_of_end():
            child.stop(signal.SIGINT)

    def _start(self, number: int) -> None:
        self._respawns.pop(number, None)
        plan = self._plan.processes[number]
        try:
            child = Child(
                plan,
                self._write_files(number, plan),
                self._loop,
                on_lines=partial(self._on_lines, number, plan),
                on_end=partial(self._on_end, number, plan),
                say=self._tell,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._failures.append(f"{plan.name} could not be started ({plan.where}): {error}")
            self._stop(f"ERROR: {self._failures[-1]}")
            return
        self._children[number] = child
        self._guard.add(child.group)
        self._screen.say(f"{plan.name} started, pid {child.group}")
        self._tell(_written(plan))

    def _write_files(self, number: int, plan: ProcessPlan) -> list[Path]:
        contents = [part.content for part in plan.command if isinstance(part, ParameterFile)]
        files = []
        for index, content in enumerate(contents):
            file = self._folder / f"launch_params_{number}_{index}.yaml"
            file.write_text(content, encoding="utf-8")
            files.append(file)
        return files

    def _tell(self, text: str) -> None:
        if self._is_verbose:
            self._screen.say(text)

    def _on_lines(self, number: int, plan: ProcessPlan, lines: list[str], is_error: bool) -> None:
        self._screen.write(plan.name, number, lines, plan.output, is_error=is_error)

    def _on_end(self, number: int, plan: ProcessPlan, status: int) -> None:
        self._guard.remove(self._children.pop(number).group)
        ending = _ending(status)
        if self._is_stopping or status == 0:
            self._screen.say(f"{plan.name} {ending}")
        else:
            self._screen.say(f"ERROR: {plan.name} {ending}, command: {_written(plan)}")
        if self._is_stopping:
            return
        left = plan.respawn_max_retries
        if plan.respawn and not plan.ends_launch and (left < 0 or self._retries[number] < left):
            self._retries[number] += 1
            self._screen.say(f"{plan.name} will be started again in {plan.respawn_delay:g} s")
            self._respawns[number] = self._loop.call_later(
                plan.respawn_delay, partial(self._start, number)
            )
        elif status:
            self._failures.append(f"{plan.name} {ending} ({plan.where})")
        if plan.ends_launch:
            self._stop(f"{plan.name} has ended: shutting down")


def _ending(status: int) -> str:
    if status == 0:
        return "ended"
    if status < 0:
        return f"was ended by {signal_name(-status)}"
    return f"ended with exit status {status}"


def _written(plan: ProcessPlan) -> str:
    quote = str if plan.shell else shlex.quote
    return " ".join(
        "<parameters>" if isinstance(p, ParameterFile) else quote(p) for p in plan.command
    )
