"""Where ROS packages are installed, from the ament index."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from untether_nodes.launcher.errors import LaunchError, suggest

_MARKERS = Path("share/ament_index/resource_index/packages")


def prefixes(environment: Mapping[str, str]) -> list[Path]:
    """Return the install prefixes in the order of search.

    Args:
        environment: Where ``AMENT_PREFIX_PATH`` is looked up.

    Returns:
        What is listed there, then the prefix of this Python: another ROS that is sourced must not
        hide the packages that are installed beside this one. Each once.
    """
    listed = environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    return list(dict.fromkeys(Path(entry) for entry in [*listed, sys.prefix] if entry))


def find_prefix(package: str, environment: Mapping[str, str]) -> Path:
    """Return the prefix that a package is installed in.

    Args:
        package: The package's name.
        environment: See ``prefixes``.

    Returns:
        The first prefix whose index has the package.

    Raises:
        LaunchError: No prefix has it.
    """
    searched = prefixes(environment)
    if package and "/" not in package:
        for prefix in searched:
            if (prefix / _MARKERS / package).is_file():
                return prefix
    raise LaunchError(
        f"there is no ROS package {package!r}",
        expected="a package of the ament index",
        got=f"no {_MARKERS / package} under {', '.join(map(str, searched))}",
        fix=suggest(package, _packages(searched), "install it, or set AMENT_PREFIX_PATH"),
    )


def find_share(package: str, environment: Mapping[str, str]) -> Path:
    """Return a package's ``share`` folder."""
    return find_prefix(package, environment) / "share" / package


def find_executable(package: str, executable: str, environment: Mapping[str, str]) -> Path:
    """Return the path of a package's executable, ``<prefix>/lib/<package>/<executable>``.

    Args:
        package: The package's name.
        executable: The file's name.
        environment: See ``prefixes``.

    Returns:
        Its path.

    Raises:
        LaunchError: The package or the executable does not exist.
    """
    folder = find_prefix(package, environment) / "lib" / package
    path = folder / executable
    if path.is_file() and os.access(path, os.X_OK):
        return path
    names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    raise LaunchError(
        f"package {package!r} has no executable {executable!r}",
        expected=f"an executable file in {folder}",
        got="a file that may not be executed" if path.is_file() else "no such file",
        fix=suggest(executable, names, "build and install the package again"),
    )


def _packages(searched: list[Path]) -> Iterator[str]:
    for prefix in searched:
        folder = prefix / _MARKERS
        if folder.is_dir():
            yield from (marker.name for marker in folder.iterdir())
