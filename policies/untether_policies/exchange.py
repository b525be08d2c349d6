"""Exchanges two paths in one step, so that nobody ever finds one of them missing."""

import ctypes
import errno
import os
from pathlib import Path

_AT_FDCWD = -100  # paths count from the working directory
_RENAME_EXCHANGE = 2


def exchange_paths(first: Path, second: Path) -> bool:
    """Exchange two paths of one file system in one step (Linux, ``renameat2``).

    Returns:
        Whether it was done; False where the C library, the kernel or the file system cannot.

    Raises:
        OSError: when it can, and it failed.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    paths = os.fsencode(first), os.fsencode(second)
    if renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(number, os.strerror(number), str(first), None, str(second))
