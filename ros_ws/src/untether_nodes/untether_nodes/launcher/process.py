"""``<node>`` and ``<executable>``: from an element to a planned process."""

import os
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from untether_nodes.launcher import package_index
from untether_nodes.launcher.command_line import split_command_line
from untether_nodes.launcher.element import Element
from untether_nodes.launcher.errors import LaunchError, listing, suggest
from untether_nodes.launcher.names import absolute_namespace, check_node_name, join_namespace
from untether_nodes.launcher.parameter import collect_parameters
from untether_nodes.launcher.process_plan import OUTPUTS, Output, ParameterFile, ProcessPlan
from untether_nodes.launcher.reader import AttributeReader
from untether_nodes.launcher.scope import Scope
from untether_nodes.launcher.substitutions import perform
from untether_nodes.launcher.template import parse_template
from untether_nodes.launcher.value import convert

_TIMEOUT = "5"


def plan_executable(element: Element, scope: Scope, number: int) -> ProcessPlan:
    """Plan an ``<executable>``.

    Args:
        element: The element.
        scope: The state of the evaluation.
        number: The running number of the process, from 1.

    Returns:
        The process.

    Raises:
        LaunchError: An attribute cannot be used.
    """
    command = _arguments(element, "cmd", scope)
    return _plan(element, scope, number, command, AttributeReader(element, scope).text("name"))


def plan_node(element: Element, scope: Scope, number: int) -> tuple[ProcessPlan, str | None]:
    """Plan a ``<node>``.

    Args:
        element: The element.
        scope: The state of the evaluation.
        number: The running number of the process, from 1.

    Returns:
        The process, and the node's full name when name and namespace are both known.

    Raises:
        LaunchError: An attribute, a parameter or a name cannot be used.
    """
    read = AttributeReader(element, scope)
    command: list[str | ParameterFile] = [_program(read)]
    command += _arguments(element, "args", scope)
    if "ros_args" in element.attributes:
        command += ["--ros-args", *_arguments(element, "ros_args", scope)]
    command.append("--ros-args")
    name, namespace = read.text("name"), read.text("namespace")
    if name is not None:
        with element.locating("name"):
            command += ["-r", f"__node:={check_node_name(name)}"]
    with element.locating("namespace"):
        namespace = absolute_namespace(scope.namespace, namespace)
    if namespace is not None:
        command += ["-r", f"__ns:={namespace}"]
    full_name = join_namespace(namespace, name) if namespace and name else None
    command += _parameters(element, scope, full_name or "/**")
    for source, target in _remappings(element, scope):
        command += ["-r", f"{source}:={target}"]
    return _plan(element, scope, number, command, read.text("exec_name")), full_name


def _program(read: AttributeReader) -> str:
    package, executable = read.text("pkg"), read.required_text("exec")
    if package is None:
        return executable
    with read.element.locating("exec"):
        found = package_index.find_executable(package, executable, read.scope.environment)
    return str(found)


def _arguments(element: Element, attribute: str, scope: Scope) -> list[str | ParameterFile]:
    written = element.attributes.get(attribute)
    if written is None:
        return []
    with element.locating(attribute):
        return [perform(part, scope) for part in split_command_line(parse_template(written))]


def _parameters(element: Element, scope: Scope, node_name: str) -> list[str | ParameterFile]:
    options: list[str | ParameterFile] = []
    for common in scope.settings.parameters or ():
        if isinstance(common, Path):
            options += ["--params-file", str(common)]
        else:
            options += ["-p", f"{common[0]}:={common[1]}"]
    for own in collect_parameters(element, scope, node_name):
        options += ["--params-file", own if isinstance(own, ParameterFile) else str(own)]
    return options


def _remappings(element: Element, scope: Scope) -> list[tuple[str, str]]:
    own = []
    for child in element.named("remap"):
        read = AttributeReader(child, scope)
        own.append((read.required_text("from"), read.required_text("to")))
    return [*(scope.settings.remappings or ()), *own]


def _plan(
    element: Element,
    scope: Scope,
    number: int,
    command: list[str | ParameterFile],
    name: str | None,
) -> ProcessPlan:
    read = AttributeReader(element, scope)
    directory = read.text("cwd")
    command = [*_prefix(read, str(command[0]) if command else ""), *command]
    environment = dict(scope.environment)
    for child in element.named("env"):
        pair = AttributeReader(child, scope)
        environment[pair.required_text("name")] = pair.required_text("value")
    shell = read.boolean("shell", False)
    plan = ProcessPlan(
        name=f"{Path(str(command[0])).name if name is None else name}-{number}",
        command=tuple(command),
        directory=None if directory is None else Path(directory),
        environment=environment,
        shell=shell,
        output=_output(read),
        emulate_tty=_emulate_tty(read),
        respawn=read.boolean("respawn", False),
        respawn_delay=read.seconds("respawn_delay", 0.0),
        respawn_max_retries=int(element.attributes.get("respawn_max_retries", -1)),
        ends_launch="on_exit" in element.attributes,
        sigterm_timeout=_timeout(read, "sigterm_timeout"),
        sigkill_timeout=_timeout(read, "sigkill_timeout"),
        where=element.where,
    )
    with element.locating():
        _check_start(plan)
    return plan


def _prefix(read: AttributeReader, program: str) -> list[str]:
    """Return the ``launch-prefix``; the argument of that name asks its filter, as it does there."""
    own = read.text("launch-prefix")
    if own is None:
        common = read.scope.configurations
        wanted = common.get("launch-prefix-filter", "")
        own = common.get("launch-prefix", "")
        try:
            applies = re.match(wanted, Path(program).name) is not None
        except re.error as error:
            raise LaunchError(
                "launch-prefix-filter is no regular expression",
                expected="a regular expression",
                got=f"{wanted!r}: {error}",
                fix="correct it",
            ) from error
        own = own if applies else ""
    try:
        return shlex.split(own)
    except ValueError as error:
        raise LaunchError(
            "launch-prefix cannot be split", expected="a command", got=own, fix=str(error)
        ) from error


def _output(read: AttributeReader) -> Output:
    name = read.scope.environment.get("OVERRIDE_LAUNCH_PROCESS_OUTPUT") or read.text("output")
    name = "log" if name is None else name
    if name in OUTPUTS:
        return OUTPUTS[name]
    with read.element.locating("output"):
        raise LaunchError(
            f"unknown output {name!r}",
            expected=listing(OUTPUTS),
            got=repr(name),
            fix=suggest(name, OUTPUTS, 'write output="screen"'),
        )


def _emulate_tty(read: AttributeReader) -> bool:
    common = read.scope.configurations.get("emulate_tty")
    if common is None:
        return read.boolean("emulate_tty", False)
    with read.element.locating("emulate_tty"):
        return convert(common.lower(), "bool") is True


def _timeout(read: AttributeReader, name: str) -> float:
    text = read.element.attributes.get(name, read.scope.configurations.get(name, _TIMEOUT))
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if 0 <= seconds < float("inf"):
        return seconds
    raise LaunchError(
        f"{name} must be a number of seconds", expected="0 or more", got=text, fix="correct it"
    )


def _check_start(plan: ProcessPlan) -> None:
    """Find out now what would fail at the start: the folder and the program."""
    if plan.directory is not None and not plan.directory.is_dir():
        raise LaunchError(
            f"there is no folder {str(plan.directory)!r}",
            expected="a folder to start the process in",
            got="none",
            fix="create it or correct cwd",
        )
    if plan.shell:
        return
    if not plan.command or not plan.command[0]:
        raise LaunchError(
            "the command is empty", expected="a program", got="nothing", fix="correct cmd"
        )
    program = str(plan.command[0])
    _check_program(program, plan)


def _check_program(program: str, plan: ProcessPlan) -> None:
    folder = plan.directory or Path()
    searched: Sequence[str] = os.get_exec_path(dict(plan.environment))
    if "/" in program:
        found = shutil.which(str(folder / program))
    else:
        found = shutil.which(program, path=os.pathsep.join(searched))
    if found is None:
        raise LaunchError(
            f"there is no program {program!r}",
            expected="an executable file" if "/" in program else "a program on the PATH",
            got="a file that may not be executed" if (folder / program).exists() else "none",
            fix='install it, correct the name, or add shell="true" for a shell\'s own command',
        )
