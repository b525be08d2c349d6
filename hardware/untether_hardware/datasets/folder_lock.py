"""Holds a dataset's folder, so that one process at a time changes it."""

import fcntl
import os
from pathlib import Path

from untether_hardware.datasets.errors import DatasetError


def lock_folder(folder: Path) -> int:
    """Hold a dataset's folder until the handle is closed, by whatever end of the process.

    Raises:
        DatasetError: When there is no folder, or somebody else holds it.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        got, fix = error.strerror or str(error), "check the path"
        raise DatasetError(str(folder), expected="a dataset", got=got, fix=fix) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A deletion of episodes puts another folder there, perhaps since this one was opened.
        held = os.path.samestat(os.fstat(handle), folder.stat())
    except OSError:
        held = False
    if not held:
        os.close(handle)
        got, fix = "another one that is writing", "close the other one first"
        raise DatasetError(str(folder), expected="a single writer", got=got, fix=fix)
    return handle
