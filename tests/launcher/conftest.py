"""Fixtures of the launcher's tests: launch files on disk, and real launchers to talk to."""

import importlib.util
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from untether_nodes.launcher.interpreter import plan_launch

PATIENCE = 60.0
"""The longest wait for something that a process must do [s]; only a broken launcher takes it."""


@pytest.fixture(scope="session")
def reference():
    """The module that runs launch files with either launcher."""
    path = Path(__file__).parent / "reference.py"
    spec = importlib.util.spec_from_file_location("launcher_reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file below the test's folder, which is the current one; return its path."""
    monkeypatch.chdir(tmp_path)

    def write_file(name, text, mode=0o644):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write_file


@pytest.fixture
def plan(write):
    """Plan the launch file with these actions."""

    def plan_actions(actions, given=None, environment=None, **kwargs):
        path = write("test.launch.xml", f"<launch>\n{actions}\n</launch>")
        environment = {"PATH": os.environ["PATH"]} if environment is None else environment
        return plan_launch(path, given or {}, environment, **kwargs)

    return plan_actions


@pytest.fixture
def words(plan):
    """Return the commands that the launch file with these actions comes to."""
    return lambda *args, **kwargs: [process.command for process in plan(*args, **kwargs).processes]


class Launched:
    """A running launcher with its output."""

    def __init__(self, arguments, environment):
        self.lines = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "untether_nodes.commands.launch", *arguments],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip

    def wait_for(self, text, count=1):
        """Read until that many lines contain the text; return the last of them."""
        for line in self.lines:
            count -= text in line
        while count > 0:
            raw = self.process.stdout.readline()
            assert raw, f"{text!r} did not come; got:\n" + "\n".join(self.lines)
            line = raw.decode().rstrip("\n")
            self.lines.append(line)
            count -= text in line
        return next(line for line in reversed(self.lines) if text in line)

    def pid_of(self, name):
        """Return the process id of a process, once it has been started."""
        return int(self.wait_for(f"[launch] {name} started").rpartition(" ")[2])

    def interrupt(self, number=signal.SIGINT):
        self.process.send_signal(number)

    def finish(self):
        """Read the rest; return the exit status and all lines."""
        rest = self.process.stdout.read().decode()
        self.lines += rest.splitlines()
        return self.process.wait(PATIENCE), self.lines


@pytest.fixture
def launch(write):
    """Start the launcher on the launch file with these actions."""
    started = []

    def start(actions, *arguments, environment=None):
        path = write("test.launch.xml", f"<launch>\n{actions}\n</launch>")
        launched = Launched([str(path), *arguments], {**os.environ, **(environment or {})})
        started.append(launched)
        return launched

    yield start
    for launched in started:
        launched.process.stdout.close()
        launched.process.terminate()
        try:
            launched.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            launched.process.kill()
            launched.process.wait()


@pytest.fixture
def script(write):
    """Write a Python program; return the command that runs it, for an attribute."""

    def write_script(name, text):
        return f"{sys.executable} -u {write(name, text)}"

    return write_script


@pytest.fixture
def steady(script):
    """Return the command of a program that says ready and ends on SIGINT, telling so."""
    return script(
        "steady.py",
        "import signal, sys\n"
        "def end(number, frame):\n"
        "    print('got', signal.Signals(number).name)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGINT, end)\n"
        "print('ready')\n"
        "while True:\n"
        "    signal.pause()\n",
    )


@pytest.fixture
def stubborn(script):
    """Return the command of a program that says ready and ignores SIGINT and SIGTERM."""
    return script(
        "stubborn.py",
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready')\n"
        "while True:\n"
        "    signal.pause()\n",
    )


@pytest.fixture
def await_end():
    """Wait until a process that is not a child of this one has ended."""

    def wait(pid):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            ended, _, _ = select.select([descriptor], [], [], PATIENCE)
            assert ended, f"process {pid} is still there"
        finally:
            os.close(descriptor)

    return wait
