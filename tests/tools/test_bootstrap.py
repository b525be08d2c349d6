"""Set-up says what is missing and how to get it, and does only what has changed."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """The set-up program, at work in an empty folder."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "tools" / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    for name, value in {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "LOG": venv / "setup.log",
        "STAMPS": venv / "setup-stamps",
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


@pytest.mark.parametrize("version", [(3, 10, 0), (3, 13, 1)])
def test_a_python_without_ros_wheels_is_refused_with_the_fix(bootstrap, monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(
        bootstrap.SetupError, match=r"expected Python 3.11 or 3.12, got 3.1[03]"
    ) as e:
        bootstrap.check_python()
    assert "make setup PYTHON=" in str(e.value)


@pytest.mark.parametrize(
    ("missing", "fix"),
    [
        ({"cc", "gcc", "clang"}, "apt install build-essential"),
        ({"c++", "g++", "clang++"}, "apt install build-essential"),
        ({"cmake"}, "apt install cmake"),
    ],
)
def test_a_missing_tool_is_named_with_the_fix(bootstrap, monkeypatch, missing, fix):
    real = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name in missing else real(name))
    with pytest.raises(bootstrap.SetupError, match=fix):
        bootstrap.check_tools()


def test_a_full_disk_is_refused_before_anything_is_installed(bootstrap, monkeypatch):
    usage = shutil._ntuple_diskusage(total=10**11, used=10**11 - 10**9, free=10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(bootstrap.SetupError, match=r"at least 4 GB of free disk, got 1\.0 GB"):
        bootstrap.check_disk()


def test_a_failing_command_shows_its_last_lines_the_hint_and_the_log(bootstrap):
    command = [sys.executable, "-c", "print('no such package'); raise SystemExit(3)"]
    with pytest.raises(bootstrap.SetupError) as error:
        bootstrap.run(command, "installing", "No network?")
    for part in ("installing failed with status 3", "no such package", "No network?", "setup.log"):
        assert part in str(error.value)
    assert "no such package" in bootstrap.LOG.read_text()


def test_steps_are_done_once_and_again_when_their_inputs_change(bootstrap, monkeypatch):
    done = []
    steps = (
        ("first", lambda: done.append("first"), ("a.txt",)),
        ("second", lambda: done.append("second"), ("b.txt",)),
    )
    monkeypatch.setattr(bootstrap, "STEPS", steps)
    bootstrap.PYTHON.touch()
    (bootstrap.ROOT / "a.txt").write_text("1")
    bootstrap.set_up()
    bootstrap.set_up()
    assert done == ["first", "second"]
    (bootstrap.ROOT / "a.txt").write_text("2")
    bootstrap.set_up()
    assert done == ["first", "second", "first"]


def test_an_interrupted_set_up_continues_with_the_step_that_failed(bootstrap, monkeypatch):
    done = []

    def fail():
        done.append("failing")
        if done.count("failing") == 1:
            raise bootstrap.SetupError("no network")

    steps = (("first", lambda: done.append("first"), ()), ("second", fail, ()))
    monkeypatch.setattr(bootstrap, "STEPS", steps)
    bootstrap.PYTHON.touch()
    with pytest.raises(bootstrap.SetupError):
        bootstrap.set_up()
    bootstrap.set_up()
    assert done == ["first", "failing", "failing"]


@pytest.fixture
def make_environment(bootstrap, monkeypatch):
    """Make the environment with a fake venv; return which interpreter made it, if one had to."""
    build = bootstrap.ROOT / "ros_ws" / "build"
    (build / "untether_interfaces").mkdir(parents=True)
    bootstrap.PYTHON.write_text("#!/bin/sh\n")  # any pip works
    bootstrap.PYTHON.chmod(0o755)
    (bootstrap.VENV / "old").touch()

    def make():
        made = []
        monkeypatch.setattr(bootstrap, "run", lambda command, *_: made.append(command[0]))
        bootstrap.make_environment()
        assert (bootstrap.VENV / "old").exists() != bool(made)
        assert build.exists() != bool(made)
        return made

    return make


def describe_venv(bootstrap, root, version):
    """Write what Python notes when it makes an environment."""
    command = f"/usr/bin/python3 -m venv {root / '.venv'}"
    text = f"home = /usr/bin\nversion = {version}\ncommand = {command}\n"
    (bootstrap.VENV / "pyvenv.cfg").write_text(text)


HERE = f"{sys.version_info[0]}.{sys.version_info[1]}.1"


def test_an_environment_that_fits_is_kept(bootstrap, make_environment, capsys):
    describe_venv(bootstrap, bootstrap.ROOT, HERE)
    assert make_environment() == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("root", "version", "reason"),
    [
        ("elsewhere", HERE, "was not made for"),
        (".", "3.10.9", "has Python 3.10.9, not"),
        (".", "3.1.1", "has Python 3.1.1, not"),
        (None, HERE, "is not complete"),
    ],
)
def test_an_environment_of_another_folder_or_python_is_made_anew_with_the_build(
    bootstrap, make_environment, capsys, root, version, reason
):
    if root is not None:
        describe_venv(bootstrap, bootstrap.ROOT / root, version)
    assert len(make_environment()) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert reason in line
    assert "made anew" in line


def test_an_environment_without_a_working_pip_is_made_anew(bootstrap, make_environment, capsys):
    describe_venv(bootstrap, bootstrap.ROOT, HERE)
    bootstrap.PYTHON.write_text("#!/bin/sh\nexit 1\n")
    assert len(make_environment()) == 1
    assert "lacks a working pip" in capsys.readouterr().out


def test_the_interpreter_that_makes_the_environment_does_not_lie_in_it(
    bootstrap, make_environment, monkeypatch
):
    monkeypatch.setattr(sys, "executable", str(bootstrap.PYTHON))
    assert make_environment() == [sys._base_executable]


def test_python_notes_what_the_check_of_an_environment_reads(bootstrap):
    shutil.rmtree(bootstrap.VENV)
    subprocess.run(
        [sys._base_executable, "-m", "venv", "--without-pip", str(bootstrap.VENV)], check=True
    )
    assert bootstrap.describe_misfit() == "lacks a working pip"


def test_a_command_that_cannot_start_is_named_with_the_hint(bootstrap):
    script = bootstrap.VENV / "bin" / "colcon"
    script.write_text("#!/no/such/python\n")
    script.chmod(0o755)
    with pytest.raises(bootstrap.SetupError, match="building could not start") as error:
        bootstrap.run([str(script)], "building", "Another ROS 2?")
    assert "Another ROS 2?" in str(error.value)


def test_a_folder_that_cannot_be_written_stops_set_up_in_words(bootstrap, monkeypatch, capsys):
    blocked = bootstrap.ROOT / "blocked"
    blocked.touch()  # a folder's permissions do not hinder root; a file in its place does
    monkeypatch.setattr(bootstrap, "ROOT", blocked)
    for check in ("check_python", "check_tools", "check_disk"):
        monkeypatch.setattr(bootstrap, check, lambda: None)
    assert bootstrap.main() == 1
    error = capsys.readouterr().err
    assert error.startswith("Set-up stopped: ")
    assert f"Make {blocked} and all in it writable" in error


def test_exports_of_the_wheels_are_pointed_at_this_python(bootstrap):
    bootstrap.PYTHON.symlink_to(sys.executable)
    export = bootstrap.VENV / "share" / "std_msgs" / "cmake" / "export.cmake"
    export.parent.mkdir(parents=True)
    export.write_text(
        'INTERFACE "/opt/python/cp311-cp311/include/python3.11;'
        '/opt/python/cp311-cp311/lib/python3.11/site-packages/numpy/_core/include"\n'
    )
    bootstrap.repair_exports()
    mended = export.read_text()
    assert "/opt/python" not in mended
    assert all(Path(path).is_dir() for path in mended.split('"')[1].split(";"))


def test_a_link_replaces_whatever_was_there(bootstrap, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    link = tmp_path / "share" / "launch"
    (link / "old").mkdir(parents=True)
    bootstrap.replace_link(source, link)
    bootstrap.replace_link(source, link)
    assert link.is_symlink()
    assert link.resolve() == source


@pytest.mark.parametrize("linked", [True, False])
def test_a_folder_of_links_is_none_itself_and_leaves_its_source_alone(bootstrap, tmp_path, linked):
    source, folder = tmp_path / "source", tmp_path / "share" / "launch"
    (source / "params").mkdir(parents=True)
    (source / "a.launch.xml").write_text("<launch/>")
    if linked:  # as it was made before
        bootstrap.replace_link(source, folder)
    else:
        folder.mkdir(parents=True)
        (folder / "gone.launch.xml").symlink_to(source / "gone.launch.xml")
    bootstrap.link_content(source, folder)
    assert not folder.is_symlink()
    assert {path.name for path in folder.iterdir()} == {"params", "a.launch.xml"}
    assert (folder / "params").is_symlink()
    assert (source / "a.launch.xml").read_text() == "<launch/>"
    assert not (source / "a.launch.xml").is_symlink()
