"""A launched graph ends with its block, and its last words are kept."""

import os
import sys
import time

from untether_nodes.graph_process import GraphProcess, isolate_ros

PROGRAM = "import sys, time; print(sys.argv[1], flush=True); time.sleep(60)"
LAUNCH_FILE = """<launch>
  <arg name="word"/>
  <executable cmd="{python} {program} $(var word)" output="screen"/>
</launch>
"""


def test_the_graph_ends_with_its_block_and_its_output_is_kept(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    file = tmp_path / "test.launch.xml"
    file.write_text(LAUNCH_FILE.format(python=sys.executable, program=program))
    log = tmp_path / "nodes.log"
    with GraphProcess(str(file), {"word": "flying"}, log) as graph:
        end = time.monotonic() + 20.0
        while "flying" not in log.read_text() and time.monotonic() < end:
            os.sched_yield()
        assert "flying" in graph.read_log_tail()
    assert graph.end() == 0


def test_ros_is_kept_to_this_computer_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "to be restored")
    monkeypatch.delenv("ROS_DOMAIN_ID")
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET")
    text = isolate_ros()
    assert os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "SUBNET"
    assert 1 <= int(os.environ["ROS_DOMAIN_ID"]) <= 100
    assert f"ROS_DOMAIN_ID={os.environ['ROS_DOMAIN_ID']}" in text
