"""Which elements and attributes a launch file may have.

They are those of the XML front end, without the ones that need a ROS node or a timer inside the
launcher.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What an attribute's text may be."""

    TEXT = "text"
    TEMPLATE = "text with substitutions"
    COMMAND = "a command line with substitutions"
    BOOL = "true or false"
    BOOL_TEMPLATE = "true, false or a substitution"
    COUNT = "a whole number"
    SECONDS = "seconds, not negative"
    VALUE = "a parameter value"
    ON_EXIT = "shutdown"


@dataclass(frozen=True)
class ElementSchema:
    """What one element may contain.

    Attributes:
        attributes: Kind by name.
        required: Attributes that must be there.
        children: Nested elements that are no actions, by tag.
        has_actions: Whether actions may be nested too.
    """

    attributes: Mapping[str, Kind]
    required: tuple[str, ...] = ()
    children: Mapping[str, "ElementSchema"] = field(default_factory=dict)
    has_actions: bool = False


def _action(
    required: Mapping[str, Kind] | None = None,
    optional: Mapping[str, Kind] | None = None,
    children: Mapping[str, ElementSchema] | None = None,
    has_actions: bool = False,
) -> ElementSchema:
    needed = dict(required or {})
    conditions = {"if": Kind.TEMPLATE, "unless": Kind.TEMPLATE}
    return ElementSchema(
        {**needed, **(optional or {}), **conditions}, tuple(needed), children or {}, has_actions
    )


def _pair(first: str, second: str) -> ElementSchema:
    return ElementSchema({first: Kind.TEMPLATE, second: Kind.TEMPLATE}, (first, second))


_NAME_AND_VALUE = _pair("name", "value")

_PROCESS = {
    "cwd": Kind.TEMPLATE,
    "emulate_tty": Kind.BOOL,
    "launch-prefix": Kind.TEMPLATE,
    "name": Kind.TEMPLATE,
    "on_exit": Kind.ON_EXIT,
    "output": Kind.TEMPLATE,
    "respawn": Kind.BOOL_TEMPLATE,
    "respawn_delay": Kind.SECONDS,
    "respawn_max_retries": Kind.COUNT,
    "shell": Kind.BOOL,
    "sigkill_timeout": Kind.SECONDS,
    "sigterm_timeout": Kind.SECONDS,
}

_NODE = {
    **_PROCESS,
    "args": Kind.COMMAND,
    "exec_name": Kind.TEMPLATE,
    "namespace": Kind.TEMPLATE,
    "pkg": Kind.TEMPLATE,
    "ros_args": Kind.COMMAND,
}

_PARAMETER_CHILDREN: dict[str, ElementSchema] = {}
_PARAMETER = ElementSchema(
    {
        "allow_substs": Kind.BOOL,
        "from": Kind.TEMPLATE,
        "name": Kind.TEMPLATE,
        "type": Kind.TEXT,
        "value": Kind.VALUE,
        "value-sep": Kind.TEXT,
    },
    children=_PARAMETER_CHILDREN,
)
_PARAMETER_CHILDREN["param"] = _PARAMETER  # parameters nest

_PUSH_NAMESPACE = _action({"namespace": Kind.TEMPLATE})

ROOT = ElementSchema({"version": Kind.TEXT, "deprecated": Kind.TEXT}, has_actions=True)
"""The schema of ``<launch>``."""

ACTIONS: dict[str, ElementSchema] = {
    "append_env": _action(
        {"name": Kind.TEMPLATE, "value": Kind.TEMPLATE},
        {"prepend": Kind.BOOL_TEMPLATE, "separator": Kind.TEMPLATE},
    ),
    "arg": _action(
        {"name": Kind.TEXT},
        {"default": Kind.TEMPLATE, "description": Kind.TEXT},
        {"choice": ElementSchema({"value": Kind.TEXT}, ("value",))},
    ),
    "executable": _action({"cmd": Kind.COMMAND}, _PROCESS, {"env": _NAME_AND_VALUE}),
    "group": _action(
        {}, {"scoped": Kind.BOOL, "forwarding": Kind.BOOL}, {"keep": _NAME_AND_VALUE}, True
    ),
    "include": _action(
        {"file": Kind.TEMPLATE}, {}, {"arg": _NAME_AND_VALUE, "let": _NAME_AND_VALUE}
    ),
    "let": _action({"name": Kind.TEMPLATE, "value": Kind.TEMPLATE}),
    "log": _action({"message": Kind.TEMPLATE}),
    "node": _action(
        {"exec": Kind.TEMPLATE},
        _NODE,
        {"env": _NAME_AND_VALUE, "param": _PARAMETER, "remap": _pair("from", "to")},
    ),
    "push-ros-namespace": _PUSH_NAMESPACE,
    "push_ros_namespace": _PUSH_NAMESPACE,
    "reset": _action(children={"keep": _NAME_AND_VALUE}),
    "reset_env": _action(),
    "set_env": _action({"name": Kind.TEMPLATE, "value": Kind.TEMPLATE}),
    "set_parameter": _action({"name": Kind.TEMPLATE, "value": Kind.TEMPLATE}),
    "set_parameters_from_file": _action({"filename": Kind.TEMPLATE}),
    "set_remap": _action({"from": Kind.TEMPLATE, "to": Kind.TEMPLATE}),
    "set_ros_log_dir": _action({"new_log_dir": Kind.TEMPLATE}),
    "unset_env": _action({"name": Kind.TEMPLATE}),
}
"""The schema of every action, by tag."""

INSTEAD: dict[str, str] = {
    "load_composable_node": "start each node as a process of its own with <node>",
    "node_container": "start each node as a process of its own with <node>",
    "param": 'nest it in a <node>; for all nodes use <set_parameter name="" value=""/>',
    "remap": 'nest it in a <node>; for all nodes use <set_remap from="" to=""/>',
    "ros_timer": "let the node wait itself; this launcher starts everything at once",
    "set_use_sim_time": '<set_parameter name="use_sim_time" value="true"/> sets it for the nodes',
    "shutdown": 'give the process that ends the launch on_exit="shutdown"',
    "timer": "let the node wait itself; this launcher starts everything at once",
}
"""Elements that ``ros2 launch`` or ROS 1 has and this launcher refuses, with what to use."""
