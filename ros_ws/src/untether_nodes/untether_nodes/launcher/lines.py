"""Bytes of a process's output to lines of text."""

import re

_LINE_END = re.compile(rb"\r\n|\n|\r(?!$)")
_LONGEST = 1 << 16


class LineSplitter:
    """Collects bytes and gives whole lines.

    A carriage return ends a line as well, so that a progress bar does not overwrite the tag of
    its process. Invalid UTF-8 becomes replacement characters; the split is made on bytes, so a
    character that arrives in two parts stays whole. A line that never ends is cut.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Take bytes and return the lines that they complete, without their ends."""
        *lines, self._rest = _LINE_END.split(self._rest + data)
        while len(self._rest) > _LONGEST:
            lines.append(self._rest[:_LONGEST])
            self._rest = self._rest[_LONGEST:]
        return [line.decode("utf-8", errors="replace") for line in lines]

    def flush(self) -> list[str]:
        """Return what has come since the last line end, as a line."""
        rest, self._rest = self._rest.removesuffix(b"\r"), b""
        return [rest.decode("utf-8", errors="replace")] if rest else []
