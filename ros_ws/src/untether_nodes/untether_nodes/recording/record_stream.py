"""Reads the records of an MCAP file as far as it goes, whole or cut off."""

import struct
from collections.abc import Iterator
from pathlib import Path

from mcap.exceptions import McapError
from mcap.records import McapRecord
from mcap.stream_reader import StreamReader
from zstandard import ZstdError


def read_records(path: Path) -> Iterator[McapRecord]:
    """Yield the records of a file until it ends or becomes unreadable; a whole one has a footer.

    Raises:
        OSError: When there is no such file, or it cannot be read.
    """
    with path.open("rb") as stream:
        try:
            yield from StreamReader(stream).records
        except (McapError, EOFError, ValueError, struct.error, ZstdError):
            return  # the end of what was written
