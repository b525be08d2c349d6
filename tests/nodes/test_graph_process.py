"""A launched graph ends with its block or its process, and its last words are kept."""

import os
import select
import signal
import subprocess
import sys
import time

import pytest

from untether_nodes.graph_process import GraphProcess, isolate_ros

PATIENCE = 60.0
"""The longest wait for something that a process must do [s]; only a broken one takes it."""

PROGRAM = """
import os, signal, sys

def end(number, frame):
    print("got", signal.Signals(number).name, flush=True)
    sys.exit(0)

signal.signal(signal.SIGINT, end)
signal.signal(signal.SIGTERM, end)
print(sys.argv[1], os.getpid(), flush=True)
while True:
    signal.pause()
"""
LAUNCH_FILE = """<launch>
  <arg name="word"/>
  <executable cmd="{python} {program} $(var word)" output="screen"/>
</launch>
"""
PARENT = """
import pathlib, signal, sys
from untether_nodes.graph_process import GraphProcess

with GraphProcess(sys.argv[1], {"word": "flying"}, pathlib.Path(sys.argv[2])):
    while True:
        signal.pause()
"""


@pytest.fixture
def launch_file(tmp_path):
    """A launch file of a program that says a word, its process id, and which signal ended it."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    file = tmp_path / "test.launch.xml"
    file.write_text(LAUNCH_FILE.format(python=sys.executable, program=program))
    return file


def wait_for(text, log):
    """Read a log until it has a line with the text; return that line."""
    end = time.monotonic() + PATIENCE
    while True:
        lines = log.read_text().splitlines() if log.exists() else []
        found = [line for line in lines if text in line]
        if found:
            return found[0]
        assert time.monotonic() < end, f"{text!r} did not come; got {lines}"
        os.sched_yield()


def test_the_graph_ends_with_its_block_and_its_output_is_kept(launch_file, tmp_path):
    log = tmp_path / "nodes.log"
    with GraphProcess(str(launch_file), {"word": "flying"}, log) as graph:
        wait_for("flying", log)
        assert "flying" in graph.read_log_tail()
    assert graph.end() == 0
    assert "got SIGINT" in graph.read_log_tail()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_the_graph_ends_in_order_with_its_process(launch_file, tmp_path, number):
    log = tmp_path / "nodes.log"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(launch_file), str(log)])
    pid = int(wait_for("flying", log).rpartition(" ")[2])
    descriptor = os.pidfd_open(pid)
    parent.send_signal(number)
    assert parent.wait(PATIENCE) == -number
    assert select.select([descriptor], [], [], PATIENCE)[0], "the program is still there"
    os.close(descriptor)
    wait_for("got SIGINT", log)


def test_ros_is_kept_to_this_computer_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "to be restored")
    monkeypatch.delenv("ROS_DOMAIN_ID")
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET")
    text = isolate_ros()
    assert os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "SUBNET"
    assert 1 <= int(os.environ["ROS_DOMAIN_ID"]) <= 100
    assert f"ROS_DOMAIN_ID={os.environ['ROS_DOMAIN_ID']}" in text
