"""The actions that set something for what follows: variables, environment, common parameters."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.names import absolute_namespace
from untether_nodes.launcher.paths import absolute_path
from untether_nodes.launcher.reader import AttributeReader
from untether_nodes.launcher.value import convert


def keep_configurations(read: AttributeReader, *, others: bool) -> None:
    """Set the ``<keep>`` values of a ``<group>`` or ``<reset>``.

    Args:
        read: The element.
        others: Whether all other settings stay as well.
    """
    pairs = [AttributeReader(keep, read.scope) for keep in read.element.named("keep")]
    if others:
        for pair in pairs:
            read.scope.configurations[pair.required_text("name")] = pair.required_text("value")
    else:
        kept = {pair.required_text("name"): pair.required_text("value") for pair in pairs}
        read.scope.reset(kept)


def _let(read: AttributeReader) -> None:
    read.scope.configurations[read.required_text("name")] = read.required_text("value")


def _reset(read: AttributeReader) -> None:
    keep_configurations(read, others=False)


def _push_namespace(read: AttributeReader) -> None:
    with read.element.locating("namespace"):
        namespace = absolute_namespace(read.scope.namespace, read.required_text("namespace"))
    read.scope.configurations["ros_namespace"] = namespace or "/"


def _set_env(read: AttributeReader) -> None:
    read.scope.environment[read.required_text("name")] = read.required_text("value")


def _unset_env(read: AttributeReader) -> None:
    read.scope.environment.pop(read.required_text("name"), None)


def _append_env(read: AttributeReader) -> None:
    environment, name, value = (
        read.scope.environment, read.required_text("name"), read.required_text("value"),
    )  # fmt: skip
    separator = read.text("separator")
    separator = os.pathsep if separator is None else separator
    if name not in environment:
        environment[name] = value
    elif read.boolean("prepend", False):
        environment[name] = f"{value}{separator}{environment[name]}"
    else:
        environment[name] = f"{environment[name]}{separator}{value}"


def _reset_env(read: AttributeReader) -> None:
    read.scope.reset_environment()


def _set_parameter(read: AttributeReader) -> None:
    name, text = read.required_text("name"), read.required_text("value")
    with read.element.locating("value"):
        value = convert(text, "yaml")
        if isinstance(value, list):
            raise LaunchError(
                "a list cannot be set for all nodes",
                expected="one value",
                got=text,
                fix="use <set_parameters_from_file>: ros2 launch would pass the list on as a text",
            )
    read.scope.add_parameter((name, str(value)))


def _set_parameters_from_file(read: AttributeReader) -> None:
    path = absolute_path(read.required_text("filename"))
    if not path.is_file():
        raise LaunchError(
            f"there is no parameter file {str(path)!r}",
            expected="a YAML file of ROS parameters",
            got="no such file",
            fix="check the path",
        )
    read.scope.add_parameter(path)


def _set_remap(read: AttributeReader) -> None:
    read.scope.add_remapping(read.required_text("from"), read.required_text("to"))


def _set_log_directory(read: AttributeReader) -> None:
    environment = read.scope.environment
    home = Path(environment.get("ROS_HOME") or Path(environment.get("HOME", "/")) / ".ros")
    current = Path(environment.get("ROS_LOG_DIR") or home / "log")
    environment["ROS_LOG_DIR"] = str(current / read.required_text("new_log_dir"))


SETTINGS: Mapping[str, Callable[[AttributeReader], None]] = {
    "append_env": _append_env,
    "let": _let,
    "push-ros-namespace": _push_namespace,
    "push_ros_namespace": _push_namespace,
    "reset": _reset,
    "reset_env": _reset_env,
    "set_env": _set_env,
    "set_parameter": _set_parameter,
    "set_parameters_from_file": _set_parameters_from_file,
    "set_remap": _set_remap,
    "set_ros_log_dir": _set_log_directory,
    "unset_env": _unset_env,
}
"""The function of each element."""
