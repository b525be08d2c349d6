import errno
import os
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from untether_policies import cli
from untether_policies.bundle import write_bundle
from untether_policies.errors import BundleError
from untether_policies.plugins import PluginError

COMMAND = (sys.executable, "-m", "untether_policies.cli")


@pytest.fixture
def command(monkeypatch):
    """Give a function that replaces every command by one that raises or returns."""

    def replace(outcome: object) -> None:
        def run(group: str, name: str, argv: list[str]) -> int:
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr(cli, "run_plugin", run)

    return replace


@pytest.mark.parametrize("flag", ["--help", "-h", "help"])
def test_help_lists_every_command_with_its_line(flag, capsys):
    assert cli.main([flag]) == 0
    out = capsys.readouterr().out
    assert "usage: untether COMMAND" in out
    for line in ("check", "show", "bench", "Show what is inside a policy bundle"):
        assert line in out


def test_no_command_prints_help_and_fails(capsys):
    assert cli.main([]) == 2
    assert "usage: untether COMMAND" in capsys.readouterr().out


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"untether {version('untether')}"


def test_status_of_the_command_is_returned(command):
    command(1)
    assert cli.main(["check", "x"]) == 1


def test_unknown_command_suggests(capsys):
    assert cli.main(["chek"]) == 2
    assert "did you mean 'check'" in capsys.readouterr().err


def test_refusal_is_printed_as_expected_got_fix(command, capsys):
    command(BundleError("rate", expected="above [0]", got="-1", fix="correct it"))
    assert cli.main(["show", "x"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = [line.split(maxsplit=1) for line in captured.err.splitlines()]
    assert lines[1:] == [["expected", "above [0]"], ["got", "-1"], ["fix", "correct it"]]


def test_missing_package_is_one_line(command, capsys):
    command(PluginError("train: needs the package 'torch'. Fix: pip install 'untether[train]'"))
    assert cli.main(["train"]) == 2
    assert "untether[train]" in capsys.readouterr().err


def test_interrupt_is_130_without_traceback(command, capsys):
    command(KeyboardInterrupt())
    assert cli.main(["train"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_reader_that_goes_away_leaves_no_traceback(bundle_folder):
    process = subprocess.Popen(
        [*COMMAND, "show", str(bundle_folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 1


def test_command_that_prints_without_rich_meets_a_broken_pipe_quietly():
    script = (
        "import sys\n"
        "from untether_policies import cli\n"
        "cli.run_plugin = lambda *_: print('x') or 0\n"
        "sys.exit(cli.main(['check']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 1


@pytest.mark.parametrize(
    ("error", "got"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/runs/[a]"), "No space left on device"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_what_the_system_does_not_allow_is_status_2_and_no_traceback(error, got, command, capsys):
    command(error)
    assert cli.main(["check", "x"]) == 2
    what, expected, shown, fix = capsys.readouterr().err.splitlines()
    assert what.endswith(error.filename or "untether")
    assert shown.split(maxsplit=1) == ["got", got]
    assert expected.startswith("  expected") and fix.startswith("  fix")


def test_full_disk_behind_standard_output_is_one_refusal(bundle_folder):
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*COMMAND, "show", str(bundle_folder)],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 4
    assert "No space left" in result.stderr


def test_a_closed_standard_output_is_no_error(bundle_folder):
    shell = f"exec {shlex.join(COMMAND)} show {shlex.quote(str(bundle_folder))} >&-"
    result = subprocess.run(["sh", "-c", shell], capture_output=True, timeout=60, check=False)
    assert (result.returncode, result.stderr) == (0, b"")


def test_terminal_of_ascii_shows_what_it_can(model, contract, recording, tmp_path):
    contract = replace(contract, provenance={"note": "1.0 ± 0.1 …"})
    write_bundle(tmp_path / "a", contract, model, recording, "# Straße\n\n1.0 ± 0.1 …\n")
    result = subprocess.run(
        [*COMMAND, "show", "--card", str(tmp_path / "a")],
        capture_output=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.count(b"1.0 ? 0.1 ?") == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_process_says_so(number):
    script = (
        "import os, sys\n"
        "from untether_policies import cli\n"
        f"cli.run_plugin = lambda *_: os.kill(os.getpid(), {int(number)})\n"
        "sys.exit(cli.main(['check']))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 130 == 128 + signal.SIGINT
    assert result.stderr.strip() == "interrupted"


def test_command_may_handle_the_signals_itself(command, monkeypatch):
    before, heard = signal.getsignal(signal.SIGTERM), []

    def run(group: str, name: str, argv: list[str]) -> int:
        signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    monkeypatch.setattr(cli, "run_plugin", run)
    assert cli.main(["launch"]) == 0
    assert heard == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is before


def test_starts_without_torch_or_rclpy(bundle_folder):
    script = (
        "import sys\n"
        "from untether_policies.cli import main\n"
        f"status = main(['check', {str(bundle_folder)!r}])\n"
        "loaded = {'torch', 'rclpy', 'mujoco', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'loaded {loaded}' if loaded else status)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
