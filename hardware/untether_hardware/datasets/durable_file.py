"""Writes a file that is whole, and stays, once the call has returned."""

import os
from pathlib import Path

from untether_policies.folder import write_atomically


def write_durably(path: Path, content: bytes) -> None:
    """Write a file at once, and wait until the disk has its content, its name and its folders.

    Raises:
        OSError: When it cannot be written; an older file is left.
    """
    nearest = next(parent for parent in path.parents if parent.exists())
    write_atomically(path, content)
    for folder in path.parents:
        sync_folder(folder)
        if folder == nearest:
            return


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
