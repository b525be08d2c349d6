"""Definitions of message types as text, with those of all types inside, as rosbag2 stores them."""

import os
import re
from functools import cache
from importlib import import_module

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.package_index import find_share

_PRIMITIVE = re.compile(r"bool|byte|char|float(32|64)|u?int(8|16|32|64)|w?string")
_SEPARATOR = "=" * 80
_ARRAY = re.compile(r"\[.*\]$")
_BOUND = re.compile(r"<=\d+$")
_TYPE = re.compile(r"(\w+)/msg/(\w+)")


class DefinitionError(ValueError):
    """A message type whose definition or Python class is not installed."""


@cache
def read_definition(message_type: str) -> str:
    """Return a type's definition, followed by those of the types that it contains.

    Args:
        message_type: For example ``nav_msgs/msg/Odometry``.

    Raises:
        DefinitionError: When a definition is not installed.
    """
    texts = {_short(message_type): _read(message_type)}
    waiting = _find_types(message_type, texts[_short(message_type)])
    while waiting:
        inner = waiting.pop(0)
        if _short(inner) not in texts:
            texts[_short(inner)] = _read(inner)
            waiting += _find_types(inner, texts[_short(inner)])
    (_, first), *rest = texts.items()
    return first + "".join(f"\n{_SEPARATOR}\nMSG: {name}\n{text}" for name, text in rest)


def import_message(message_type: str) -> type:
    """Return the Python class of a message type.

    Raises:
        DefinitionError: When it is not installed, or is no message (an action's, a service's).
    """
    package, name = _split(message_type)
    try:
        return getattr(import_module(f"{package}.msg"), name)
    except (ImportError, AttributeError) as error:
        raise DefinitionError(
            f"{message_type}: expected an installed message type, got {error}. "
            f"Fix: install {package} where the recorder runs."
        ) from error


def _read(message_type: str) -> str:
    package, name = _split(message_type)
    try:
        path = find_share(package, os.environ) / "msg" / f"{name}.msg"
        return path.read_text(encoding="utf-8")
    except (LaunchError, OSError) as error:
        raise DefinitionError(
            f"{message_type}: expected its definition in share/{package}/msg, got {error}. "
            f"Fix: install {package} where the recorder runs."
        ) from error


def _split(message_type: str) -> tuple[str, str]:
    match = _TYPE.fullmatch(message_type)
    if match is None:
        raise DefinitionError(f"expected a type PACKAGE/msg/NAME, got {message_type!r}.")
    return match.group(1), match.group(2)


def _short(message_type: str) -> str:
    return message_type.replace("/msg/", "/")


def _find_types(message_type: str, text: str) -> list[str]:
    """Return the types of a definition's fields that are messages themselves."""
    package, _ = _split(message_type)
    found = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) < 2:
            continue
        name = _BOUND.sub("", _ARRAY.sub("", words[0]))
        if _PRIMITIVE.fullmatch(name):
            continue
        if "/" not in name:
            name = f"{package}/{name}"
        found.append(name if "/msg/" in name else name.replace("/", "/msg/"))
    return found
