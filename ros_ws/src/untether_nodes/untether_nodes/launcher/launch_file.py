"""Finding the launch file that the command line means."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from untether_nodes.launcher.errors import LaunchError, listing, suggest
from untether_nodes.launcher.package_index import find_share

HOME_PACKAGE = "untether"
"""The package whose launch files are known by their bare name."""

_SUFFIX = ".launch.xml"


def find_launch_file(words: Sequence[str], environment: Mapping[str, str]) -> Path:
    """Return the launch file of the words before the first ``name:=value``.

    Args:
        words: ``FILE``, ``NAME`` or ``PACKAGE FILE``.
        environment: Where ``AMENT_PREFIX_PATH`` is looked up.

    Returns:
        The file's path.

    Raises:
        LaunchError: The words mean no file.
    """
    if len(words) == 2 and not Path(words[0]).is_file():
        return _in_package(words[0], words[1], environment)
    if len(words) == 1:
        path = Path(words[0])
        return path if path.is_file() else _by_name(words[0], environment)
    raise LaunchError(
        "which launch file?",
        expected="FILE, PACKAGE FILE or NAME, then arguments as name:=value",
        got=" ".join(words) or "nothing",
        fix="write := between the name and the value of an argument, without spaces"
        if words
        else f"for example: {_examples(environment)}",
    )


def _in_package(package: str, name: str, environment: Mapping[str, str]) -> Path:
    share = find_share(package, environment)
    found = sorted(path for path in share.rglob("*") if path.name == name and path.is_file())
    if len(found) == 1:
        return found[0]
    names = {path.name for path in share.rglob("*.xml")}
    raise LaunchError(
        f"package {package!r} has {'several files' if found else 'no file'} {name!r}",
        expected=f"one file of that name below {share}",
        got=listing(map(str, found)),
        fix="give the path of the one meant" if found else suggest(name, names, "check the name"),
    )


def _by_name(name: str, environment: Mapping[str, str]) -> Path:
    known = _home_files(environment)
    if name in known:
        return known[name]
    raise LaunchError(
        f"there is no launch file {name!r}",
        expected=f"a path, or one of: {listing(known)}",
        got=name,
        fix=suggest(name, known, "check the path"),
    )


def _home_files(environment: Mapping[str, str]) -> dict[str, Path]:
    """Return the launch files of the home package by bare name; none when it is not installed."""
    try:
        folder = find_share(HOME_PACKAGE, environment) / "launch"
    except LaunchError:
        return {}
    return {path.name.removesuffix(_SUFFIX): path for path in sorted(folder.glob(f"*{_SUFFIX}"))}


def _examples(environment: Mapping[str, str]) -> str:
    return "untether launch " + (next(iter(_home_files(environment)), "FILE.launch.xml"))
