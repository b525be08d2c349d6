"""The demo flies a bundle through launched nodes, and fails with one clear line."""

import os
import subprocess
import sys

import pytest

PATIENCE = 110.0  # [s]


def run_demo(*arguments: str, folder) -> subprocess.CompletedProcess:
    """Run ``untether demo`` in a ROS domain of its own."""
    environment = {key: value for key, value in os.environ.items() if key != "ROS_DOMAIN_ID"}
    return subprocess.run(
        [sys.executable, "-m", "untether_policies.cli", "demo", "--out", str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.ros
@pytest.mark.slow
def test_a_bundle_of_the_zoo_is_checked_launched_flown_and_landed(tmp_path):
    options = ("--policy", "crazyflie_waypoint", "--waypoints", "2", "--no-video", "--lockstep")
    result = run_demo(*options, folder=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 of 2" in result.stdout
    assert "What to try next" in result.stdout
    (folder,) = tmp_path.iterdir()
    for name in ("flight.npz", "flight.png", "nodes.log", "recording/recording_0.mcap"):
        assert (folder / name).stat().st_size > 0, name


def test_a_bundle_that_is_not_there_ends_the_demo_with_one_line(tmp_path):
    result = run_demo("--policy", str(tmp_path / "nothing"), folder=tmp_path / "out")
    assert result.returncode == 1
    assert "untether demo: --policy" in result.stdout
    assert "crazyflie_waypoint" in result.stdout  # what the zoo has instead
    assert "Traceback" not in result.stdout + result.stderr
