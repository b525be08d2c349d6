"""What the options of a flight may be: refused by the parser, before anything starts."""

import argparse
from math import isfinite
from pathlib import Path

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.names import absolute_namespace
from untether_policies.errors import BundleError
from untether_policies.output_file import require_writable


def count(text: str) -> int:
    """Return a whole number of at least 1."""
    return _whole(text, least=1)


def seed(text: str) -> int:
    """Return a whole number of at least 0."""
    return _whole(text, least=0)


def seconds(text: str) -> float:
    """Return a duration [s]."""
    value = _number(text)
    if not (isfinite(value) and value > 0):
        raise _error("a number of seconds above 0", text)
    return value


def coordinate(text: str) -> float:
    """Return a coordinate [m]."""
    value = _number(text)
    if not isfinite(value):
        raise _error("a number of metres", text)
    return value


def namespace(text: str) -> str:
    """Return an absolute ROS namespace."""
    try:
        absolute = absolute_namespace(None, text)
    except LaunchError as error:
        raise _error(error.expected, text) from error
    return absolute or "/"


def output_folder(text: str) -> Path:
    """Return the path of a folder, which need not exist, that can be written to."""
    folder = Path(text)
    try:
        require_writable(folder / "results")
    except BundleError as error:
        raise _error("a folder that can be written to", f"{text!r}: {error.got}") from error
    return folder


def _whole(text: str, *, least: int) -> int:
    expected = f"a whole number of at least {least}"
    try:
        value = int(text)
    except ValueError as error:
        raise _error(expected, text) from error
    if value < least:
        raise _error(expected, text)
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise _error("a number", text) from error


def _error(expected: str, got: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"expected {expected}, got {got}")
