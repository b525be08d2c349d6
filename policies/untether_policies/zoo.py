"""Finds the trained bundles that come with the distribution."""

import os
import sys
from pathlib import Path

from untether_policies.errors import BundleError
from untether_policies.folder import ARCHIVE_SUFFIX, CONTRACT_FILE

_SHARE = Path("share/untether/zoo")


def list_zoo() -> dict[str, Path]:
    """Return the zoo's bundles by name, sorted.

    Looked for beside the sources, in this Python's prefix, and in every prefix of ROS.
    """
    prefixes = [sys.prefix, *os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)]
    folders = [Path(__file__).resolve().parents[1] / "zoo"]
    folders += [Path(prefix) / _SHARE for prefix in prefixes if prefix]
    bundles: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob("*") if folder.is_dir() else ():
            if path.suffix == ARCHIVE_SUFFIX or (path / CONTRACT_FILE).is_file():
                bundles.setdefault(path.stem, path)
    return dict(sorted(bundles.items()))


def resolve_bundle(name: str) -> Path:
    """Return the path of a bundle given by path, or by its name in the zoo.

    Raises:
        BundleError: when there is neither such a path nor such a name.
    """
    path, got = Path(name), "neither such a path nor such a name"
    try:
        if path.exists():
            return path
    except OSError as error:  # longer than any path can be, or in a folder that is closed to us
        got = error.strerror or str(error)
    zoo = list_zoo()
    if name in zoo:
        return zoo[name]
    raise BundleError(
        name,
        expected=f"a bundle's folder, a NAME{ARCHIVE_SUFFIX} file, or a name in the zoo",
        got=got,
        fix=f"check the path, or choose one of the zoo: {', '.join(zoo) or 'it is empty here'}",
    )
