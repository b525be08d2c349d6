#!/usr/bin/env python3
"""Set up ``.venv`` so that every command of the project works: packages, ROS 2 interfaces, nodes.

Runs once; run again, it continues where it stopped and redoes only what has changed. It needs
Python 3.11 or 3.12, a C and C++ compiler and CMake, and says how to get whichever is missing.
It uses the standard library only, and nothing newer than Python 3.8 before it has checked.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "setup.log"
STAMPS = VENV / "setup-stamps"
INTERFACES = (
    "ros_ws/src/crazyflie_interfaces",
    "ros_ws/src/motion_capture_tracking_interfaces",
    "ros_ws/src/untether_interfaces",
)
NODES = "ros_ws/src/untether_nodes"
EXTRAS = "ros,console,hardware,train,dev"
DISK_NEEDED = 4.0  # [GB] free before a first set-up
OLDEST_CMAKE = (3, 20)


class SetupError(Exception):
    """Something that the user has to provide; the message says what and how to get it."""


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def check_python() -> None:
    """Refuse a Python for which there are no ROS 2 wheels, or that cannot make environments."""
    major, minor = sys.version_info[:2]
    if (major, minor) not in ((3, 11), (3, 12)):
        raise SetupError(
            f"expected Python 3.11 or 3.12, got {major}.{minor}.\n"
            "  Install one (Debian, Ubuntu: 'apt install python3.11-venv' or 'python3.12-venv')\n"
            "  and name it: 'make setup PYTHON=python3.11'."
        )
    missing = [name for name in ("ensurepip", "venv") if not _importable(name)]
    if missing:
        raise SetupError(
            f"this Python lacks the module {missing[0]}, so it cannot make environments.\n"
            f"  Debian, Ubuntu: 'apt install python{major}.{minor}-venv'."
        )
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not header.exists():
        raise SetupError(
            f"no Python headers found (expected {header}).\n"
            f"  Debian, Ubuntu: 'apt install python{major}.{minor}-dev'."
        )


def _importable(name: str) -> bool:
    return subprocess.call([sys.executable, "-c", f"import {name}"], stderr=subprocess.DEVNULL) == 0


def check_tools() -> None:
    """Refuse a machine without C and C++ compilers and CMake, which the interfaces need."""
    for language, names in (("C", ("cc", "gcc", "clang")), ("C++", ("c++", "g++", "clang++"))):
        if not any(shutil.which(name) for name in names):
            raise SetupError(
                f"no {language} compiler found (looked for {', '.join(names)}).\n"
                "  Debian, Ubuntu: 'apt install build-essential'; Fedora: 'dnf install gcc-c++'."
            )
    cmake = shutil.which("cmake")
    if cmake is None:
        raise SetupError("no CMake found.\n  Debian, Ubuntu: 'apt install cmake'.")
    answer = subprocess.run([cmake, "--version"], stdout=subprocess.PIPE, check=True)
    version = re.search(rb"(\d+)\.(\d+)", answer.stdout)
    if version and (int(version.group(1)), int(version.group(2))) < OLDEST_CMAKE:
        raise SetupError(
            f"expected CMake {OLDEST_CMAKE[0]}.{OLDEST_CMAKE[1]} or newer, got "
            f"{version.group(0).decode()}.\n  'pip install cmake' brings a newer one."
        )


def check_disk() -> None:
    """Refuse a disk on which a first installation would stop halfway."""
    free = shutil.disk_usage(ROOT).free / 1e9
    if not STAMPS.is_dir() and free < DISK_NEEDED:
        raise SetupError(
            f"expected at least {DISK_NEEDED:.0f} GB of free disk, got {free:.1f} GB in {ROOT}.\n"
            "  Free some and run again."
        )


def digest(patterns: tuple[str, ...]) -> str:
    """Return a hash of the interpreter, the folder and all files that match ``patterns``."""
    value = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                value.update(str(path).encode() + path.read_bytes())
    return value.hexdigest()


def run(
    arguments: list[str], what: str, hint: str, environment: dict[str, str] | None = None
) -> None:
    """Run a command with its output in the log and its latest line on the terminal.

    Raises:
        SetupError: if it fails; the message has the last lines of its output and ``hint``.
    """
    start = time.monotonic()
    live = sys.stdout.isatty()
    lines: list[str] = []
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(arguments)}\n")
        try:
            process = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise SetupError(f"{what} could not start: {error}.\n  {hint}") from error
        for line in process.stdout or ():
            log.write(line)
            if line.startswith("WARNING") or not line.strip():
                continue
            lines.append(line.rstrip())
            if live:
                text = f"    {time.monotonic() - start:3.0f} s  {line.strip()}"
                sys.stdout.write("\r\033[K" + text[: shutil.get_terminal_size().columns - 1])
                sys.stdout.flush()
        status = process.wait()
    if live:
        sys.stdout.write("\r\033[K")
    if status:
        tail = "\n    ".join(lines[-15:])
        raise SetupError(
            f"{what} failed with status {status}; its last lines were:\n    {tail}\n"
            f"  {hint}\n  The whole log: {LOG}. Run again to continue from here."
        )


def describe_misfit() -> str:
    """Return why the virtual environment cannot serve here, or nothing when it can.

    Its scripts name their interpreter by the path at which the environment was made, and its
    packages are built for one version of Python; ``pyvenv.cfg`` tells both.
    """
    try:
        lines = (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return "is not complete"
    origin = dict(line.split(" = ", 1) for line in lines if " = " in line)
    command, version = origin.get("command", ""), origin.get("version", "")
    wanted = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not command.endswith(f" {VENV}"):
        return f"was not made for {ROOT}"
    if not version.startswith(f"{wanted}."):
        return f"has Python {version}, not {wanted}"
    quiet = subprocess.DEVNULL
    pip = [str(PYTHON), "-m", "pip", "--version"]
    if not PYTHON.exists() or subprocess.call(pip, stdout=quiet, stderr=quiet) != 0:
        return "lacks a working pip"
    return ""


def make_environment() -> None:
    """Create the virtual environment; anew if the one that is there cannot serve."""
    if VENV.exists():
        misfit = describe_misfit()
        if not misfit:
            return
        say(f"    The old .venv {misfit}: it is made anew.")
        shutil.rmtree(VENV)
    # CMake's cache names folder and interpreter, too.
    shutil.rmtree(ROOT / "ros_ws" / "build", ignore_errors=True)
    VENV.mkdir()
    # Not the interpreter of an environment, which may be the one that was just removed.
    interpreter = getattr(sys, "_base_executable", sys.executable)
    command = [interpreter, "-m", "venv", str(VENV)]
    run(command, "making the environment", "Is the folder writable?")


def install_packages() -> None:
    """Install the project editable with all extras, and what they require."""
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    hint = "No network? Behind a proxy set HTTPS_PROXY, with a mirror PIP_INDEX_URL."
    packages = [*pip, "-c", "constraints.txt", "-e", f".[{EXTRAS}]"]
    run(packages, "installing the packages", hint)
    run([*pip, "--no-deps", "-e", NODES], "installing the nodes", hint)


def repair_exports() -> None:
    """Point the ROS wheels' CMake exports at this Python: they name the one that built them."""
    include = "sysconfig.get_paths()['include']"
    query = f"import sysconfig, numpy; print({include}); print(numpy.get_include())"
    answer = subprocess.run([str(PYTHON), "-c", query], stdout=subprocess.PIPE, check=True)
    python_include, numpy_include = answer.stdout.decode().splitlines()
    for path in (VENV / "share").rglob("*.cmake"):
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        mended = re.sub(r'/opt/python/[^;" ]*/numpy/_core/include', numpy_include, text)
        mended = re.sub(r'/opt/python/[^;" ]*/include/python3\.\d+', python_include, mended)
        if mended != text:
            path.write_text(mended, encoding="utf-8", errors="surrogateescape")


def build_interfaces() -> None:
    """Build the messages, services and actions into the environment's own prefix."""
    repair_exports()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment.update(AMENT_PREFIX_PATH=str(VENV), CMAKE_PREFIX_PATH=str(VENV))
    environment["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [str(VENV / "bin" / "colcon"), "--log-base", "ros_ws/log", "build"]
    command += ["--base-paths", *INTERFACES, "--build-base", "ros_ws/build"]
    command += ["--merge-install", "--install-base", str(VENV)]
    command += ["--event-handlers", "console_direct+"]
    command += ["--cmake-args", f"-DPython3_EXECUTABLE={PYTHON}", "-DBUILD_TESTING=OFF"]
    hint = "Is another ROS 2 sourced in this shell? Try again in a fresh one."
    run(command, "building the ROS 2 interfaces", hint, environment)


def remove(path: Path) -> None:
    """Remove a link, a file or a folder, if it is there; what a link leads to stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def replace_link(source: Path, link: Path) -> None:
    """Make ``link`` a symbolic link to ``source``, whatever was there."""
    link.parent.mkdir(parents=True, exist_ok=True)
    remove(link)
    link.symlink_to(source)


def link_content(source: Path, folder: Path) -> None:
    """Make ``folder`` one of links to what is in ``source``; `ros2 launch` enters no linked one."""
    remove(folder)
    folder.mkdir(parents=True)
    for path in source.iterdir():
        replace_link(path, folder / path.name)


def register_packages() -> None:
    """Show both Python packages to the ROS 2 index, by links, so that edits count at once."""
    index = VENV / "share" / "ament_index" / "resource_index" / "packages"
    for package, folder in (("untether", ROOT), ("untether_nodes", ROOT / NODES)):
        replace_link(folder / "resource" / package, index / package)
        replace_link(folder / "package.xml", VENV / "share" / package / "package.xml")
    link_content(ROOT / "launch", VENV / "share" / "untether" / "launch")
    replace_link(ROOT / "policies" / "zoo", VENV / "share" / "untether" / "zoo")
    for script in (VENV / "bin").glob("*_node"):
        replace_link(script, VENV / "lib" / "untether_nodes" / script.name)


def verify() -> None:
    """Import what the set-up was for."""
    modules = "rclpy, torch, mujoco, untether_interfaces.action, untether_nodes, untether_training"
    command = [str(PYTHON), "-c", f"import {modules}"]
    run(command, "importing the result", "Remove .venv and run again.")


INTERFACE_INPUTS = ("setup.py", "constraints.txt", *(f"{folder}/**/*" for folder in INTERFACES))
STEPS = (
    ("environment", make_environment, ("tools/bootstrap.py",)),
    ("packages", install_packages, ("setup.py", "constraints.txt", f"{NODES}/setup.*")),
    ("ROS 2 interfaces", build_interfaces, INTERFACE_INPUTS),
    ("ROS 2 index", register_packages, ("tools/bootstrap.py", f"{NODES}/setup.py", "launch/*")),
    ("imports", verify, INTERFACE_INPUTS),
)


def set_up() -> None:
    """Do every step whose inputs have changed since it was last done."""
    begin = time.monotonic()
    for number, (name, action, inputs) in enumerate(STEPS, start=1):
        stamp = STAMPS / name.replace(" ", "-")
        wanted = digest(inputs)
        if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
            continue
        say(f"[{number}/{len(STEPS)}] {name} ...")
        start = time.monotonic()
        action()
        STAMPS.mkdir(exist_ok=True)
        new = stamp.with_suffix(".new")
        new.write_text(wanted)
        new.replace(stamp)
        say(f"[{number}/{len(STEPS)}] {name}: done in {time.monotonic() - start:.0f} s")
    if time.monotonic() - begin > 1:
        say(f"Set-up took {time.monotonic() - begin:.0f} s. The command is .venv/bin/untether")


def main() -> int:
    """Set up, one process at a time; return the exit status."""
    try:
        check_python()
        check_tools()
        check_disk()
        with (ROOT / ".setup.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            set_up()
    except SetupError as error:
        sys.stderr.write(f"Set-up stopped: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(
            f"Set-up stopped: {error}.\n"
            f"  Make {ROOT} and all in it writable, with space on its disk, and run again.\n"
        )
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nSet-up interrupted; run it again to continue.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
