"""Parameters of a node, declared once as a frozen dataclass and turned into ROS descriptors.

A field says everything: its type and default, and in :func:`parameter` its description, unit,
range and when it may change. From that come the declaration, ``ros2 param describe``, the refusal
of a bad value with a reason, and the typed object that the node reads::

    @dataclass(frozen=True)
    class Config:
        tolerance: float = parameter(0.15, "distance that counts as arrived", unit="m", lower=0.0)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

import numpy as np
from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from untether_hardware.safety.setting import Setting

Value = bool | int | float | str | tuple[float, ...] | tuple[str, ...]
ConfigT = TypeVar("ConfigT")
_METADATA = "untether_parameter"
_INT64 = np.iinfo(np.int64)


class Change(Enum):
    """When a parameter may change."""

    NEVER = "never: start the node again"
    CONFIGURE = "while the node is unconfigured"
    ANYTIME = "at any time"


@dataclass(frozen=True)
class _Description:
    """What :func:`parameter` says about a field beyond its type and default."""

    text: str
    unit: str
    lower: float | None
    upper: float | None
    choices: tuple[str, ...]
    change: Change


def parameter(
    default: Value,
    description: str,
    *,
    unit: str = "",
    lower: float | None = None,
    upper: float | None = None,
    choices: Iterable[str] = (),
    change: Change = Change.CONFIGURE,
) -> Any:  # noqa: ANN401 - the type is the field's own, as with dataclasses.field
    """Describe one field of a parameter dataclass.

    Args:
        default: The default; its type is the parameter's type.
        description: What it is, without unit and range.
        unit: SI unit, empty for what has none.
        lower: Least value of a number, or of each number of a tuple.
        upper: Greatest value likewise.
        choices: The values allowed for a string.
        change: When it may change.
    """
    described = _Description(description, unit, lower, upper, tuple(choices), change)
    return field(default=default, metadata={_METADATA: described})


def declare_parameters(node: Node, config_type: type) -> None:
    """Declare every field of a parameter dataclass on a node.

    Raises:
        rclpy.exceptions.ParameterException: When an override has the wrong type or is out of range.
    """
    for item in dataclasses.fields(config_type):
        default: Any = item.default
        value = list(default) if isinstance(default, tuple) else default
        node.declare_parameter(item.name, value, _descriptor(item))
        reason = _refusal(config_type, node.get_parameter(item.name))
        if reason:
            raise ValueError(reason)


def read_parameters(node: Node, config_type: type[ConfigT]) -> ConfigT:
    """Return the parameters' values as the dataclass that declared them."""
    values = {}
    for item in dataclasses.fields(config_type):  # pyright: ignore[reportArgumentType]
        value = node.get_parameter(item.name).value
        values[item.name] = value if isinstance(value, bool | int | float | str) else tuple(value)
    return config_type(**values)


def check_change(
    config_type: type, parameters: Iterable[Parameter[Any]], *, configured: bool
) -> SetParametersResult:
    """Return whether the parameters may take these values now, and why not.

    Args:
        config_type: The dataclass that declared them.
        parameters: The values wanted.
        configured: Whether the node has been configured.
    """
    known = {item.name: item for item in dataclasses.fields(config_type)}
    for wanted in parameters:
        item = known.get(wanted.name)
        if item is None:
            continue
        if configured and _described(item).change is Change.CONFIGURE:
            reason = (
                f"{wanted.name}: can change only while the node is unconfigured. "
                "Fix: clean up the node first (ros2 lifecycle set NODE cleanup)."
            )
            return SetParametersResult(successful=False, reason=reason)
        reason = _refusal(config_type, wanted)
        if reason:
            return SetParametersResult(successful=False, reason=reason)
    return SetParametersResult(successful=True)


def changes_anytime(config_type: type, name: str) -> bool:
    """Return whether a parameter takes effect without configuring the node again."""
    return any(
        item.name == name and _described(item).change is Change.ANYTIME
        for item in dataclasses.fields(config_type)
    )


def _described(item: dataclasses.Field[Any]) -> _Description:
    """Return what a field says about itself, here or as a setting of the safety stage."""
    if _METADATA in item.metadata:
        return item.metadata[_METADATA]
    setting: Setting = item.metadata["setting"]
    unit = "" if setting.unit == "1" else setting.unit
    return _Description(
        setting.description, unit, setting.lowest, setting.highest, (), Change.CONFIGURE
    )


def _descriptor(item: dataclasses.Field[Any]) -> ParameterDescriptor:
    """Return the ROS descriptor of a field."""
    about = _described(item)
    unit = f" [{about.unit}]" if about.unit else ""
    descriptor = ParameterDescriptor(
        name=item.name,
        description=f"{about.text}{unit}; changes {about.change.value}",
        read_only=about.change is Change.NEVER,
    )
    if about.choices:
        descriptor.additional_constraints = f"one of: {', '.join(about.choices)}"
    if about.lower is None and about.upper is None:
        return descriptor
    lower = float("-inf") if about.lower is None else about.lower
    upper = float("inf") if about.upper is None else about.upper
    if isinstance(item.default, tuple):
        descriptor.additional_constraints = f"each from {lower} to {upper}"
    elif isinstance(item.default, int):
        whole = IntegerRange(
            from_value=_INT64.min if about.lower is None else int(about.lower),
            to_value=_INT64.max if about.upper is None else int(about.upper),
            step=0,
        )
        descriptor.integer_range = [whole]
    else:
        continuous = FloatingPointRange(from_value=float(lower), to_value=float(upper), step=0.0)
        descriptor.floating_point_range = [continuous]
    return descriptor


def _refusal(config_type: type, wanted: Parameter[Any]) -> str:
    """Return why a value breaks a rule that ROS descriptors cannot express, or nothing."""
    item = next(item for item in dataclasses.fields(config_type) if item.name == wanted.name)
    about, value = _described(item), wanted.value
    if about.choices and value not in about.choices:
        return f"{wanted.name}: expected one of {', '.join(about.choices)}, got {value!r}."
    default = item.default
    if not isinstance(default, tuple):
        return ""
    if default and len(value) != len(default):
        return f"{wanted.name}: expected {len(default)} values, got {len(value)}."
    lower = float("-inf") if about.lower is None else about.lower
    upper = float("inf") if about.upper is None else about.upper
    if not all(isinstance(number, str) or lower <= number <= upper for number in value):
        return f"{wanted.name}: expected each value from {lower} to {upper}, got {list(value)}."
    return ""
