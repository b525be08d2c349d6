"""The error that a user of the launcher sees."""

import difflib
from collections.abc import Iterable


class LaunchError(Exception):
    """Something in a launch file, its arguments or its environment cannot be used.

    Args:
        what: The problem in one line.
        expected: What would have been right.
        got: What was there instead.
        fix: What to do about it.
        where: ``file:line`` and, where it is known, the element and attribute.
    """

    def __init__(self, what: str, *, expected: str, got: str, fix: str, where: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.expected = expected
        self.got = got
        self.fix = fix
        self.where = where

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  expected: {self.expected}\n  got: {self.got}\n  fix: {self.fix}"

    def located(self, where: str) -> "LaunchError":
        """Return the same error with a place, unless it already has a more exact one."""
        if self.where:
            return self
        return LaunchError(
            self.what, expected=self.expected, got=self.got, fix=self.fix, where=where
        )


def suggest(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return a hint that names the known word nearest to ``name``, else ``otherwise``."""
    nearest = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {nearest[0]!r}?" if nearest else otherwise


def listing(names: Iterable[str]) -> str:
    """Return the names sorted and joined, for the ``expected`` line of an error."""
    return ", ".join(sorted(names)) or "nothing"
