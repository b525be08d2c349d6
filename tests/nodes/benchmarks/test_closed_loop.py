"""The closed-loop benchmark flies, relays, and states both with their ratio."""

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.ros
@pytest.mark.slow
def test_graph_and_relay_are_measured_in_one_run(bundle, tmp_path):
    path = tmp_path / "figures.json"
    command = [sys.executable, "-m", "untether_policies.cli", "bench", "closed-loop"]
    options = ["--policy", str(bundle), "--blocks", "1", "--seconds", "1", "--json", str(path)]
    environment = {key: value for key, value in os.environ.items() if key != "ROS_DOMAIN_ID"}
    result = subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=110.0, env=environment
    )
    figures = json.loads(path.read_text())
    ratio = figures["closed_loop_graph_p50"] / figures["closed_loop_relay_p50"]
    assert figures["closed_loop_ratio_p50"] == pytest.approx(ratio)
    assert 0.05 < figures["closed_loop_graph_p50"] < 100.0  # [ms]
    assert figures["provenance"]["seed"] == 0
    held = figures["closed_loop_ratio_p50"] <= 2.5 and figures["closed_loop_ratio_p99"] <= 4.0
    assert result.returncode == (0 if held else 1), result.stdout + result.stderr
