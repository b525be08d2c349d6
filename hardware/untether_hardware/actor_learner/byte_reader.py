"""Takes bytes apart from the front, and never reads beyond their end."""

import struct

from untether_hardware.actor_learner.errors import RecordError


class ByteReader:
    """Reads bytes in order.

    Args:
        data: What is read; it is not copied.
        what: What it is, for errors.
    """

    def __init__(self, data: bytes | memoryview, what: str) -> None:
        self._rest = memoryview(data)
        self.what = what

    def take(self, size: int) -> memoryview:
        """Return the next bytes.

        Raises:
            RecordError: When there are fewer.
        """
        if size > len(self._rest):
            raise self.refuse(f"{size} more bytes", str(len(self._rest)))
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def unpack(self, layout: struct.Struct) -> tuple:
        """Return the next values.

        Raises:
            RecordError: When there are too few bytes.
        """
        return layout.unpack(self.take(layout.size))

    def finish(self) -> None:
        """Check that everything was read.

        Raises:
            RecordError: When bytes are left.
        """
        if self._rest:
            raise self.refuse("its end", f"{len(self._rest)} more bytes")

    def refuse(self, expected: str, got: str) -> RecordError:
        """Return the error for bytes that are not what they should be."""
        fix = "run the same release on both sides; a file is restored from a copy"
        return RecordError(self.what, expected=expected, got=got, fix=fix)
