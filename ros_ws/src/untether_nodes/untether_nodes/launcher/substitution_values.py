"""Substitutions that look something up: variables, environment, this file, a unique name."""

import os
import random
import socket

from untether_nodes.launcher.errors import LaunchError, listing, suggest
from untether_nodes.launcher.scope import Scope
from untether_nodes.launcher.substitution import Arguments, Substitution


def _variable(scope: Scope, arguments: Arguments) -> str:
    name = arguments[0]()
    if name in scope.configurations:
        return scope.configurations[name]
    if len(arguments) == 2:
        return arguments[1]()
    raise LaunchError(
        f"there is no argument or variable {name!r}",
        expected=listing(scope.configurations),
        got=name,
        fix=suggest(name, scope.configurations, f'declare <arg name="{name}"/> above'),
    )


def _environment(scope: Scope, arguments: Arguments) -> str:
    name = arguments[0]()
    if name in scope.environment:
        return scope.environment[name]
    if len(arguments) == 2:
        return arguments[1]()
    raise LaunchError(
        f"the environment variable {name!r} is not set",
        expected="a variable that is set, or a default",
        got="neither",
        fix=f"set it, or write $(env {name} DEFAULT)",
    )


def _parameter(scope: Scope, arguments: Arguments) -> str:
    name = arguments[0]()
    known = dict(p for p in reversed(scope.settings.parameters or []) if isinstance(p, tuple))
    if name in known:
        return known[name]
    if len(arguments) == 2:
        return arguments[1]()
    raise LaunchError(
        f"no <set_parameter> has set {name!r}",
        expected=listing(known),
        got=name,
        fix=suggest(name, known, "set it above, or give a default"),
    )


def _directory(scope: Scope, _arguments: Arguments) -> str:
    return str(scope.file.parent)


def _file(scope: Scope, _arguments: Arguments) -> str:
    return str(scope.file)


def _log_directory(scope: Scope, _arguments: Arguments) -> str:
    if scope.log_directory is None:
        raise LaunchError(
            "there is no log folder",
            expected="the option --log-dir",
            got="none",
            fix="start with --log-dir FOLDER: this launcher writes logs only when asked",
        )
    return str(scope.log_directory)


def _anonymous(scope: Scope, arguments: Arguments) -> str:
    name = arguments[0]()
    unique = f"{name}_{socket.gethostname()}_{os.getpid()}_{random.SystemRandom().getrandbits(63)}"
    for char in ".-:":
        unique = unique.replace(char, "_")
    return scope.configurations.setdefault(f"anon{name}", unique)


VALUES = {
    "anon": Substitution(1, 1, _anonymous),
    "dirname": Substitution(0, 0, _directory),
    "env": Substitution(1, 2, _environment),
    "filename": Substitution(0, 0, _file),
    "launch_log_dir": Substitution(0, 0, _log_directory),
    "log_dir": Substitution(0, 0, _log_directory),
    "param": Substitution(1, 2, _parameter),
    "var": Substitution(1, 2, _variable),
}
