"""Runs launch files whose processes write down how they were started, with either launcher.

``python tests/launcher/reference.py`` starts the files of ``data/launch`` with the real
``ros2 launch`` and keeps what it records in ``data/ros2_launch.json``; the tests start the same
files with this project's launcher and compare. To record again one needs ``ros2`` on the PATH, from
a ROS 2 installation, or built in a virtual environment of its own:

1. ``pip install "ros-rclpy[fastrtps]==9.1.2" ros-common-interfaces osrf_pycommon pyyaml argcomplete
   packaging importlib_resources`` and what builds interfaces (see the project's set-up);
2. ``composition_interfaces`` from its one service LoadNode, built with colcon into the environment;
3. ``pip install --no-deps --no-build-isolation`` of launch, launch_xml, launch_yaml (3.7.1),
   launch_ros, ros2launch (0.28.0), ros2cli, ros2pkg (0.36.1) from their repositories;
4. ``AMENT_PREFIX_PATH`` set to the environment.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
GOLDEN = HERE / "data" / "ros2_launch.json"
REPOSITORY = HERE.parents[1]

CASES: dict[str, tuple[str, ...]] = {
    "nodes": (
        "demo_robot",
        "nodes.launch.xml",
    ),
    "nodes of another robot": (
        "demo_robot",
        "nodes.launch.xml",
        "robot:=go1",
        "words:=it's $(var robot)",
    ),
    "parameters": (
        "demo_robot",
        "parameters.launch.xml",
    ),
    "other parameters": (
        "demo_robot",
        "parameters.launch.xml",
        "number:=-2",
        "list:=[a, b]",
        "text:=a b",
    ),
    "groups": (
        "demo_robot",
        "groups.launch.xml",
    ),
    "conditions": (
        "demo_robot",
        "conditions.launch.xml",
    ),
    "other conditions": (
        "demo_robot",
        "conditions.launch.xml",
        "sim:=True",
        "robot:=go1",
        "extra:=x",
    ),
    "includes": (
        "demo_robot",
        "parent.launch.xml",
    ),
    "includes with arguments": (
        "demo_robot",
        "parent.launch.xml",
        "depth:=2",
        "colour:=green",
        "depth:=3",
    ),
    "substitutions": (
        "demo_robot",
        "substitutions.launch.xml",
    ),
    "other substitutions": ("demo_robot", "substitutions.launch.xml", "a:=a b", "key:=empty"),
    "executables": (
        "demo_robot",
        "executables.launch.xml",
    ),
    "common prefix": (
        "demo_robot",
        "executables.launch.xml",
        "launch-prefix:=env CASE_COMMON=1",
        "launch-prefix-filter:=rec.*",
    ),
    "crazyflie": ("untether", "crazyflie.launch.xml"),
    "crazyflie with arguments": (
        *("untether", "crazyflie.launch.xml", "namespace:=fleet/cf7", "lockstep:=true"),
        *("sim:=false", "record:=1", "log_level:=debug", "policy:=/a b", "autostart:=false"),
    ),
    "swarm": ("untether", "swarm.launch.xml", "drones:=8", "density:=0.2", "sim:=true"),
    "swarm with arguments": (
        *("untether", "swarm.launch.xml", "namespace:=fleet", "lockstep:=true", "drones:=32"),
        *("record:=1", "density:=1", "size:=0.85", "seed:=7", "policy:=/a b", "autostart:=false"),
    ),
    "franka": ("untether", "franka.launch.xml", "task:=peg"),
    "franka with a learner": (
        *("untether", "franka.launch.xml", "task:=plug", "lockstep:=true", "record:=true"),
        *("learner:=127.0.0.1:50051", "learner_token_file:=/a b", "outbox:=out box"),
        *("demonstrate:=true", "record_name:=007"),
    ),
    "franka with arguments": (
        *("untether", "franka.launch.xml", "namespace:=lab/fr3", "task:=lid", "sim:=false"),
        *("use_sim_time:=1", "record:=1", "log_level:=debug", "policy:=/a b", "autostart:=false"),
        *("learner:=8080", "params_file:=../prefix/share/demo_robot/config/plain.yaml"),
        "demonstrate:=True",
    ),
}
"""Package, launch file and arguments by name."""

PROGRAMS = (
    "bin/record",
    *(f"lib/demo_robot/{name}" for name in ("talker", "listener")),
    *(f"lib/untether_nodes/{n}_node" for n in ("policy", "safety", "robot_sim", "recorder")),
    *(f"lib/untether_nodes/swarm_{n}_node" for n in ("policy", "safety", "sim")),
    *(f"lib/untether_nodes/arm_{n}_node" for n in ("policy", "safety", "sim")),
)

_LAUNCH_FOLDERS = (REPOSITORY / "launch", HERE / "data" / "launch")
_STARTED = re.compile(r"\[(?P<name>[^\]]+)\]: process started with pid \[(?P<pid>\d+)\]")
_STARTED_HERE = re.compile(r"^\[launch\] (?P<name>.+) started, pid (?P<pid>\d+)$", re.MULTILINE)


def hash_file(case: str) -> str:
    """Return the hash of a case's launch file; the project's own change, the tests' do not."""
    _, name, *_ = CASES[case]
    (path,) = (root / name for root in _LAUNCH_FOLDERS if (root / name).exists())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_workspace(root: Path) -> None:
    """Make a prefix with the packages of the cases, their programs all recorders, and a folder."""
    prefix = root / "prefix"
    for package in ("demo_robot", "untether", "untether_nodes"):
        marker = prefix / "share/ament_index/resource_index/packages" / package
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
    shutil.copytree(HERE / "data" / "launch", prefix / "share/demo_robot/launch")
    shutil.copytree(HERE / "data" / "config", prefix / "share/demo_robot/config")
    shutil.copytree(REPOSITORY / "launch", prefix / "share/untether/launch")
    program = f"#!{sys.executable} -S\n" + (HERE / "recorder.py").read_text(encoding="utf-8")
    for place in PROGRAMS:
        path = prefix / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(program, encoding="utf-8")
        path.chmod(0o755)
    (root / "work").mkdir()


def run_case(root: Path, launcher: Sequence[str], case: str, started: re.Pattern[str]) -> dict:
    """Start one case and return what its processes recorded, by their tags."""
    prefix, records = root / "prefix", root / "records"
    shutil.rmtree(records, ignore_errors=True)
    records.mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CASE_", "ROS_LOG"))}
    environment |= {
        "AMENT_PREFIX_PATH": os.pathsep.join(
            [str(prefix), *filter(None, [os.environ.get("AMENT_PREFIX_PATH")])]
        ),
        "PATH": f"{prefix / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "LAUNCH_RECORDS": str(records),
        "CASE_BASE": "base",
    }
    done = subprocess.run(
        [*launcher, *CASES[case]], cwd=root / "work", env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{case}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    names = {int(m["pid"]): m["name"] for m in started.finditer(done.stdout)}
    found: dict[str, list] = {name: [] for name in names.values()}
    for file in sorted(records.iterdir(), key=lambda p: p.stat().st_mtime_ns):
        name = names.get(int(file.stem), "children of a shell")
        text = _normalise(file.read_text(encoding="utf-8"), root)
        found.setdefault(name, []).append(_normalise_record(json.loads(text)))
    return found


def _normalise(text: str, root: Path) -> str:
    text = text.replace(str(root), "<root>")
    return re.sub(r"talker_\w+_\d+_\d+", "talker_<unique>", text)


def _normalise_record(record: dict) -> dict:
    import yaml

    argv = [re.sub(r"^/tmp/.*launch_params_.*", "<parameters>", word) for word in record["argv"]]
    parameters = [yaml.safe_load(text) for text in record["parameters"]]
    return {**record, "argv": argv, "parameters": parameters}


def record_all() -> None:
    """Record all cases with ``ros2 launch``."""
    golden = {}
    with tempfile.TemporaryDirectory(prefix="reference_") as folder:
        make_workspace(Path(folder))
        for case in CASES:
            processes = run_case(Path(folder), ["ros2", "launch"], case, _STARTED)
            golden[case] = {"launch file": hash_file(case), "processes": processes}
    GOLDEN.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def run_here(root: Path, case: str) -> dict:
    """Run a case with this project's launcher."""
    launcher = [sys.executable, "-m", "untether_nodes.commands.launch"]
    return run_case(root, launcher, case, _STARTED_HERE)


if __name__ == "__main__":
    record_all()
