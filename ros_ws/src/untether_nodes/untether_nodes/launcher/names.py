"""The rules of ROS node names and namespaces."""

import re

from untether_nodes.launcher.errors import LaunchError

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_NAME = 255
_LONGEST_NAMESPACE = 245


def join_namespace(base: str | None, namespace: str | None) -> str | None:
    """Return ``namespace`` below ``base``; an absolute one stands for itself.

    Trailing slashes are dropped, None means that nothing is known on that side.
    """
    if namespace is None:
        joined = base
    elif not base or namespace.startswith("/"):
        joined = namespace
    else:
        joined = f"{'' if base == '/' else base}/{namespace}"
    return joined if joined is None or joined == "/" else joined.rstrip("/")


def absolute_namespace(base: str | None, namespace: str | None) -> str | None:
    """Return the checked absolute namespace of ``namespace`` below ``base``, None without either.

    Raises:
        LaunchError: The result is not a valid namespace.
    """
    joined = join_namespace(base, namespace)
    if joined is None:
        return None
    absolute = joined if joined.startswith("/") else f"/{joined}"
    tokens = absolute[1:].split("/") if absolute != "/" else []
    if len(absolute) > _LONGEST_NAMESPACE or not all(map(_TOKEN.fullmatch, tokens)):
        raise LaunchError(
            f"{absolute!r} is not a valid namespace",
            expected=f"letters, digits and _ between single slashes, no digit first, at most "
            f"{_LONGEST_NAMESPACE} characters",
            got=repr(absolute),
            fix="rename it",
        )
    return absolute


def check_node_name(name: str) -> str:
    """Return the name when it is a valid node name.

    Raises:
        LaunchError: It is not.
    """
    if len(name) <= _LONGEST_NAME and _TOKEN.fullmatch(name):
        return name
    raise LaunchError(
        f"{name!r} is not a valid node name",
        expected=f"letters, digits and _, no digit first, at most {_LONGEST_NAME} characters",
        got=repr(name),
        fix="use the attribute namespace for what comes before a slash"
        if "/" in name
        else "rename it",
    )
