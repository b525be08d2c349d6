"""Where a recording comes from: which source, which versions, which machine."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_TIMEOUT = 5.0  # [s] for git
_UNKNOWN = "unknown"


def describe_origin() -> dict[str, str]:
    """Return the revision of the source, the versions of what runs, and the machine's name."""
    return {
        "git_revision": find_revision(Path(__file__)),
        "untether": _find_version("untether"),
        "python": platform.python_version(),
        "onnxruntime": _find_version("onnxruntime"),
        "machine": platform.node(),
    }


def find_revision(file: Path) -> str:
    """Return the git revision that a file is at, with ``-dirty`` when its repository was changed.

    Args:
        file: A file of the source.

    Returns:
        The revision; ``unknown`` when no repository has the file, as on a robot that has a release,
        even if that is installed in the folder of another repository.
    """
    try:
        _run_git(["ls-files", "--error-unmatch", file.name], file.parent)
        return _run_git(
            ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"], file.parent
        )
    except (OSError, subprocess.SubprocessError):
        return _UNKNOWN


def _run_git(arguments: list[str], folder: Path) -> str:
    """Return what git prints about the repository that a folder lies in."""
    # A hook or a script may have told git, by GIT_DIR, to look at another repository.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=True,
    )
    return done.stdout.strip()


def _find_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return _UNKNOWN
