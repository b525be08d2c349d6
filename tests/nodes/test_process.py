"""Processes that ROS or an error ends: one line, or a traceback in the log, and status 1."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.ros

SAFETY_NODE = Path(sys.prefix) / "lib" / "untether_nodes" / "safety_node"
BROKEN_NODE = """
import sys
from untether_nodes.managed_node import ManagedNode, NodeConfig
from untether_nodes.process import run_node

class Broken(ManagedNode[NodeConfig]):
    def __init__(self):
        super().__init__("broken", NodeConfig)

    def stop(self):
        self.get_logger().info("stopped in order")

    def tick(self):
        raise LookupError("nobody thought of this")

sys.exit(run_node(Broken))
"""


@pytest.fixture
def environment(graph):
    return graph.environment


def run(words, environment):
    return subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_an_unexpected_error_is_told_and_ends_the_node_in_order(environment):
    done = run([sys.executable, "-c", BROKEN_NODE], environment)
    assert done.returncode == 1
    fatal, _, after = done.stderr.partition("[FATAL]")[2].partition("stopped in order")
    assert "Traceback" in fatal and "LookupError: nobody thought of this" in fatal
    assert "shutdown: done" in after


@pytest.mark.parametrize(
    "words",
    [
        ["-p"],
        ["--bad"],
        ["-r", "a b"],
        ["-r", "__ns:=/9x"],
        ["-r", "__node:=a/b"],
        ["-p", "robot:=[1,"],
    ],
    ids=" ".join,
)
def test_arguments_that_ros_refuses_end_in_one_line(environment, words):
    done = run([SAFETY_NODE, "--ros-args", *words], environment)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "FATAL" in line]
    assert "cannot start" in line and "Fix: " in line
    assert "Traceback" not in done.stderr


def test_a_log_folder_that_cannot_be_written_is_named_in_one_line(environment):
    done = run([SAFETY_NODE], {**environment, "ROS_LOG_DIR": "/proc/nowhere"})
    assert done.returncode == 1
    assert "cannot start" in done.stderr and "/proc/nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("home", [None, "/proc/nowhere"], ids=["unset", "not writable"])
def test_a_node_runs_without_a_home(environment, tmp_path, home):
    changed = {**environment, "TMPDIR": str(tmp_path)}
    changed.pop("HOME", None)
    if home is not None:
        changed["HOME"] = home
    # A refusal that comes after ROS has started.
    done = run([SAFETY_NODE, "--ros-args", "-p", "command_late:=0.5"], changed)
    assert "configure refused" in done.stderr
    assert "Traceback" not in done.stderr
    folder = tmp_path / f"untether-{os.getuid()}" / "ros_log"
    assert list(folder.glob("*.log"))
