"""Paths as the real front end writes them: absolute and without ``..``, links kept."""

import os
from pathlib import Path


def absolute_path(path: str | Path) -> Path:
    """Return the path from the root, symbolic links not followed."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow links)
