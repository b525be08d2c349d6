"""The demo flies a bundle through launched nodes, and fails with one clear line."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from untether_nodes.commands.demo import main

PATIENCE = 110.0  # [s]
NODES = 4


def start_demo(*arguments: str, folder: Path) -> subprocess.Popen:
    """Start ``untether demo`` in a ROS domain of its own."""
    environment = {key: value for key, value in os.environ.items() if key != "ROS_DOMAIN_ID"}
    return subprocess.Popen(
        [sys.executable, "-m", "untether_policies.cli", "demo", "--out", str(folder), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
    )


def run_demo(*arguments: str, folder: Path) -> tuple[int, str]:
    """Run ``untether demo``; return its exit status and what it printed."""
    with start_demo(*arguments, folder=folder) as demo:
        output, _ = demo.communicate(timeout=PATIENCE)
    return demo.returncode, output


@pytest.mark.ros
@pytest.mark.slow
def test_a_bundle_of_the_zoo_is_checked_launched_flown_and_landed(tmp_path):
    options = ("--policy", "crazyflie_waypoint", "--waypoints", "2", "--no-video", "--lockstep")
    status, output = run_demo(*options, folder=tmp_path)
    assert status == 0, output
    assert "2 of 2" in output
    assert "What to try next" in output
    (folder,) = tmp_path.iterdir()
    for name in ("flight.npz", "flight.png", "nodes.log", "recording/recording_0.mcap"):
        assert (folder / name).stat().st_size > 0, name


def test_a_bundle_that_is_not_there_ends_the_demo_with_one_line(tmp_path):
    status, output = run_demo("--policy", str(tmp_path / "nothing"), folder=tmp_path / "out")
    assert status == 1
    assert "untether demo: --policy" in output
    assert "crazyflie_waypoint" in output  # what the zoo has instead
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--waypoints", "0"], "at least 1"),
        (["--seed", "-1"], "at least 0"),
        (["--tour-seed", "-1"], "at least 0"),
        (["--out", "/proc/results"], "a folder that can be written to"),
    ],
)
def test_wrong_arguments_are_refused_before_the_training(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.ros
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_nothing_flies_on_when_the_demo_is_ended(tmp_path, number):
    options = ("--policy", "crazyflie_waypoint", "--waypoints", "1000", "--no-video", "--lockstep")
    with start_demo(*options, folder=tmp_path) as demo:
        descriptors = [os.pidfd_open(pid) for pid in read_pids(tmp_path)]
        demo.send_signal(number)
        output, _ = demo.communicate(timeout=PATIENCE)
    assert demo.returncode == (-number if number == signal.SIGKILL else 130), output
    assert "Traceback" not in output
    for descriptor in descriptors:
        assert select.select([descriptor], [], [], PATIENCE)[0], "a process is still there"
        os.close(descriptor)


def read_pids(folder: Path) -> list[int]:
    """Wait until the nodes of a demo have started; return their process ids."""
    end = time.monotonic() + PATIENCE
    while True:
        text = "".join(log.read_text() for log in folder.glob("*/nodes.log"))
        pids = re.findall(r"started, pid (\d+)", text)
        if len(pids) == NODES:
            return [int(pid) for pid in pids]
        assert time.monotonic() < end, f"the nodes did not start: {text}"
        os.sched_yield()
