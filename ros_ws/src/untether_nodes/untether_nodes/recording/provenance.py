"""Where a recording comes from: which source, which versions, which machine."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_TIMEOUT = 5.0  # [s] for git


def describe_origin() -> dict[str, str]:
    """Return the revision of the source, the versions of what runs, and the machine's name."""
    return {
        "git_revision": find_revision(Path(__file__).parent),
        "untether": _find_version("untether"),
        "python": platform.python_version(),
        "onnxruntime": _find_version("onnxruntime"),
        "machine": platform.node(),
    }


def find_revision(folder: Path) -> str:
    """Return the git revision that a folder is at, with ``-dirty`` when it was changed since.

    Args:
        folder: Any folder of the repository.

    Returns:
        The revision; ``unknown`` outside of a repository, as on a robot that has a release.
    """
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def _find_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
