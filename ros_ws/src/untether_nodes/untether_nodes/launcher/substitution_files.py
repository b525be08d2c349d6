"""Substitutions that ask the machine: packages, programs, files, the output of a command."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from untether_nodes.launcher import package_index
from untether_nodes.launcher.errors import LaunchError, listing, suggest
from untether_nodes.launcher.scope import Scope
from untether_nodes.launcher.substitution import Arguments, Substitution

_ON_STDERR = ("fail", "ignore", "warn", "capture")


def _share(scope: Scope, arguments: Arguments) -> str:
    return str(package_index.find_share(arguments[0](), scope.environment))


def _prefix(scope: Scope, arguments: Arguments) -> str:
    return str(package_index.find_prefix(arguments[0](), scope.environment))


def _executable_in_package(scope: Scope, arguments: Arguments) -> str:
    executable, package = arguments[0](), arguments[1]()
    return str(package_index.find_executable(package, executable, scope.environment))


def _executable(scope: Scope, arguments: Arguments) -> str:
    name = arguments[0]()
    found = shutil.which(name, path=scope.environment.get("PATH", os.defpath))
    if found is None:
        raise LaunchError(
            f"there is no program {name!r}",
            expected="a program on the PATH",
            got="none",
            fix="install it or extend PATH",
        )
    return found


def _file_content(_scope: Scope, arguments: Arguments) -> str:
    path = arguments[0]()
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LaunchError(
            f"cannot read {path!r}", expected="a text file", got=str(error), fix="check the path"
        ) from error


def _command(scope: Scope, arguments: Arguments) -> str:
    command = arguments[0]()
    if not scope.runs_commands:
        raise _command_failed(command, "a listing of arguments, which runs nothing")
    on_stderr = arguments[1]() if len(arguments) == 2 else "fail"
    if on_stderr not in _ON_STDERR:
        raise LaunchError(
            "$(command) does not know what to do with the error output",
            expected=listing(_ON_STDERR),
            got=on_stderr,
            fix=suggest(on_stderr, _ON_STDERR, "leave the second argument out to fail"),
        )
    try:
        done = subprocess.run(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if on_stderr == "capture" else subprocess.PIPE,
            env=scope.environment,
            check=False,
            text=True,
        )
    except (OSError, ValueError, IndexError) as error:
        raise _command_failed(command, str(error)) from error
    if done.returncode:
        raise _command_failed(command, f"exit status {done.returncode} {done.stderr or ''}")
    if done.stderr and on_stderr == "fail":
        raise _command_failed(command, f"error output: {done.stderr}")
    if done.stderr and on_stderr == "warn":
        scope.warnings.append(f"{command!r} wrote to its error output: {done.stderr.strip()}")
    return done.stdout


def _command_failed(command: str, got: str) -> LaunchError:
    return LaunchError(
        f"the command {command!r} failed",
        expected="exit status 0 and no error output",
        got=got.strip(),
        fix="run it by hand; $(command '...' ignore) accepts error output",
    )


FILES = {
    "command": Substitution(1, 2, _command),
    "exec-in-pkg": Substitution(2, 2, _executable_in_package),
    "file-content": Substitution(1, 1, _file_content),
    "find-exec": Substitution(1, 1, _executable),
    "find-pkg-prefix": Substitution(1, 1, _prefix),
    "find-pkg-share": Substitution(1, 1, _share),
}
