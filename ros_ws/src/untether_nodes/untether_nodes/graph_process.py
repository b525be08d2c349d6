"""The run-time graph as a child process: launched with a launch file, ended in order."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from untether_nodes.launcher.orphans import die_with_parent

_END_TIMEOUT = 30.0  # [s] for the launcher to end its nodes in order
_LOG_LINES = 15  # shown of a launch that failed


def isolate_ros() -> str:
    """Keep this process and its children to this computer, unless the user chose otherwise.

    Sets ``ROS_AUTOMATIC_DISCOVERY_RANGE`` and ``ROS_DOMAIN_ID`` where they are not set.

    Returns:
        What a second terminal has to set to see the graph.
    """
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))
    names = ("ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE")
    return " ".join(f"{name}={os.environ[name]}" for name in names)


def run_untether(*arguments: str) -> int:
    """Run ``untether`` with this interpreter; it ends when this process does.

    Args:
        arguments: What stands after ``untether``.

    Returns:
        Its exit status.
    """
    parent = os.getpid()
    return subprocess.call(
        _untether(*arguments),
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: die_with_parent(parent),
    )


class GraphProcess:
    """Runs ``untether launch`` while the block runs, and not longer than this process.

    Args:
        launch_file: A launch file, or the name of one of the package ``untether``.
        arguments: Launch arguments by name.
        log: File for what the nodes print.
    """

    def __init__(self, launch_file: str, arguments: dict[str, str], log: Path) -> None:
        words = [f"{name}:={value}" for name, value in arguments.items()]
        self._command = _untether("launch", launch_file, *words)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "GraphProcess":
        parent = os.getpid()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C comes to us first: we land before the nodes end
                preexec_fn=lambda: die_with_parent(parent),  # the launcher ends them in order then
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> int:
        """End the nodes in order; return the launcher's exit status."""
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_END_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
        return process.wait()

    def read_log_tail(self) -> str:
        """Return the last lines that the nodes printed."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES:])


def _untether(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "untether_policies.cli", *arguments]
