"""A file that a command will write: refused before the work is done when it cannot be."""

import argparse
import tempfile
from pathlib import Path

from untether_policies.errors import BundleError, explain_os_error


def output_file(text: str) -> Path:
    """Return the path of a file to write, as a ``type`` for argparse.

    Raises:
        argparse.ArgumentTypeError: when no file can be written there.
    """
    path = Path(text)
    try:
        require_writable(path)
        if path.exists() and not path.is_file():
            raise argparse.ArgumentTypeError(f"expected a file, got {text!r}, which is none")
    except BundleError as error:
        got = f"got {text!r}: {error.got}"
        raise argparse.ArgumentTypeError(f"expected a file that can be written, {got}") from error
    return path


def require_writable(path: Path) -> None:
    """Refuse a path at which nothing can be made; missing folders above it count as made.

    What the system allows is tried, not asked: permissions alone do not tell. Nothing is left.

    Raises:
        BundleError: when nothing can be made there.
    """
    try:
        nearest = next((parent for parent in path.absolute().parents if parent.exists()), path)
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", dir=nearest):
            return
    except OSError as error:
        raise explain_os_error(error, str(path)) from error
